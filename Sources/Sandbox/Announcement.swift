import Foundation
import Synchronization

/// The one line that tells where the stand-ins are and how to be let in.
struct Announcement: Sendable {
    let world: World
    let listeners: Listeners

    /// Waits until every listener accepts connections, then writes the line.
    func print() async throws {
        let credentials = world.credentials
        let names = world.account.withLock { $0.users.map(\.name) }.filter { $0 != Account.administrator }
        let line: JSON = [
            "aws": .string(try await listeners.aws.url()), "travis": .string(try await listeners.travis.url()),
            "gitlab": .string(try await listeners.gitlab.url()), "github": .string(try await listeners.github.url()),
            "control": .string(try await listeners.control.url()), "region": "us-east-1",
            "account": .string(Account.number), "accessKeyId": .string(credentials.accessKeyID),
            "secretAccessKey": .string(credentials.secretAccessKey),
            "tokens": [
                "travis": .string(credentials.travis), "gitlab": .string(credentials.gitlab),
                "github": .string(credentials.github),
            ],
            "users": .array(names.map(JSON.string)),
            "repositories": .array(world.travis.withLock { $0.repositories.map { .string($0.slug) } }),
            "projects": .array(
                world.gitlab.withLock { $0.owners.filter { $0.kind == .project }.map { .string($0.path) } }),
        ]
        // Straight to the descriptor: a pipe would otherwise get the line only when a buffer is full.
        try FileHandle.standardOutput.write(contentsOf: line.encoded + Data("\n".utf8))
    }
}
