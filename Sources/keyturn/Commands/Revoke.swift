internal import ArgumentParser
internal import Configuration
internal import Engine
internal import Journal
internal import Rotation

struct Revoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Replace a leaked key and kill it as fast as delivery allows.",
        discussion: """
            For a user, or the user's current key: a new key is made and delivered at once, whatever the schedule says. The leaked \
            key is deactivated the moment the last target has confirmed, and deleted, without overlap and soak. Running jobs that \
            began with it may fail. With --now it is deactivated first: whoever stole it is locked out at once, and so are your \
            pipelines until the new key has arrived.

            The previous key is deactivated and deleted now. The next key, which is on its way to the targets, is deleted at once \
            if no push of it has begun; else it is delivered everywhere and then replaced, or with --now deleted at once. A key of \
            a configured user that keyturn has no record of is deactivated, unless it is the user's last Active key; deleting it \
            is left to you.

            --now may also be given later, while a `revoke` waits for a target. Exit status 75: a target has not confirmed, and \
            `keyturn status` says whether the leaked key is still Active.
            """)

    @OptionGroup var subject: UserOrKey

    @Flag(help: "Deactivate the leaked key before it is replaced.")
    var now = false

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let workspace = try Workspace(options)
        let key = try subject.key(in: workspace)
        let users: [ConfiguredUser] =
            if let key { [try await workspace.user(owning: key)] } else { try workspace.select([subject.text]) }
        if now, let own = users.first(where: \.isOwn) {
            throw CommandFailure(
                .notAllowed,
                "keyturn itself runs with the key of \(own.name): deactivated first, it could not be replaced. Without --now it is "
                    + "replaced first, and dead a moment later. Nothing was changed.")
        }
        if key == nil { try await takeOver(users, workspace) }
        try await RotationRun(workspace).work(
            on: users, requests: [.revoke(key, atOnce: now)], extent: .leaks, isLive: true)
    }

    /// A user that keyturn has never seen is taken over first: then there is a key to revoke.
    private func takeOver(_ users: [ConfiguredUser], _ workspace: Workspace) async throws {
        let records = try await workspace.readJournal().records()
        let unknown = users.filter { records[$0.name]?.rotation.current == nil }
        if !unknown.isEmpty { try await RotationRun(workspace).work(on: unknown, isLive: false) }
    }
}

/// What has leaked.
struct UserOrKey: ParsableArguments {
    @Argument(
        help: ArgumentHelp("The user, or the ID of the key that has leaked.", valueName: "user|keyid"),
        completion: Suggestions.users)
    var named: String?

    @Option(
        name: .customLong("user"), help: ArgumentHelp("The user, as an option.", valueName: "user"),
        completion: Suggestions.users)
    var optional: String?

    /// As it was typed.
    var text: String { named ?? optional ?? "" }

    func validate() throws {
        try OneUser.checkNamedOnce(named, optional, missing: "the user or the key ID is missing, such as cicd-bot")
    }

    /// The key, if it is one and no user has that name.
    func key(in workspace: Workspace) throws -> AccessKeyID? {
        guard let named, !workspace.users.contains(where: { $0.name == named }) else { return nil }
        guard (16...128).contains(named.utf8.count),
            named.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) })
        else { return nil }
        if named.hasPrefix("ASIA") {
            throw CommandFailure(
                .failed,
                "\(named) is a temporary key: it cannot be deactivated, and ends by itself. Revoke the key that its session was begun "
                    + "with, and deny sessions older than now (`aws:TokenIssueTime`) to the user or role. Nothing was changed."
            )
        }
        return named.hasPrefix("AKIA") ? AccessKeyID(named) : nil
    }
}
