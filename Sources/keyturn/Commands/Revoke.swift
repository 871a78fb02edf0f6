internal import ArgumentParser
internal import Configuration
internal import Engine
internal import Journal
internal import Rotation

struct Revoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A leak: replaces the key and kills it as fast as delivery allows.",
        discussion: """
            A new key is made and delivered at once, whatever the schedule says; the leaked one is deactivated the moment the \
            last target has confirmed, and deleted, without overlap and soak. Running jobs that began with it may fail. \
            With --now it is deactivated first: whoever stole it is out at once, and so are your pipelines until the \
            new key has arrived. It may also be given later, while a `revoke` waits for a target. Exit status 75: a target has not \
            confirmed, and `keyturn status` says whether the leaked key is still active.
            """)

    @OptionGroup var one: OneUser

    @Flag(help: "Deactivate the leaked key before it is replaced.")
    var now = false

    @OptionGroup var options: GlobalOptions

    private var user: String { one.user }

    func run() async throws {
        let workspace = try Workspace(options)
        let users = try workspace.select([user])
        if now, users.contains(where: \.isOwn) {
            throw CommandFailure(
                .notAllowed,
                "keyturn itself runs with the key of \(user): deactivated first, it could not be replaced. Without --now it is "
                    + "replaced first, and dead a moment later. Nothing was changed.")
        }
        // A user that keyturn has never seen is taken over first: then there is a key to revoke.
        let isKnown = try workspace.readJournal().record(of: user)?.rotation.current != nil
        if !isKnown { try await Working(workspace).work(on: users, isLive: false) }
        try await Working(workspace).work(
            on: users, requests: [.revoke(atOnce: now)], extent: .wholeRotation, isLive: true)
    }
}
