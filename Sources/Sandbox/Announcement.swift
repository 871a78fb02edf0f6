import FoundationEssentials
import Glibc
import JSON
import Synchronization

/// The one line that says where the stand-ins are and how to sign in.
struct Announcement: Sendable {
    let world: World
    let listeners: Listeners

    /// Writes the line.
    func print() throws {
        let credentials = world.credentials
        let names = world.account.withLock { $0.users.map(\.name) }.filter { $0 != Account.administrator }
        let line: JSONValue = [
            "aws": .string(listeners.aws.url), "travis": .string(listeners.travis.url),
            "gitlab": .string(listeners.gitlab.url), "github": .string(listeners.github.url),
            "control": .string(listeners.control.url), "region": "us-east-1",
            "account": .string(Account.number), "accessKeyId": .string(credentials.accessKeyID),
            "secretAccessKey": .string(credentials.secretAccessKey),
            "tokens": [
                "travis": .string(credentials.travis), "gitlab": .string(credentials.gitlab),
                "github": .string(credentials.github),
            ],
            "users": .array(names.map(JSONValue.string)),
            "places": [
                "travis": .array(world.travis.withLock { $0.repositories.map { .string($0.slug) } }),
                "gitlab": .array(
                    world.gitlab.withLock { $0.owners.filter { $0.kind == .project }.map { .string($0.path) } }),
                "github": .array(world.github.withLock { $0.repositories.map { .string($0.fullName) } }),
            ],
        ]
        // Straight to the descriptor: a pipe would otherwise get the line only when a buffer is full.
        var rest = line.encoded + Data("\n".utf8)
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Unwritten() }
            rest = Data(rest.dropFirst(count))
        }
    }

    /// No one reads the line.
    struct Unwritten: Error {}
}
