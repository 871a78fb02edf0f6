internal import ArgumentParser
internal import Configuration
internal import Journal
internal import Rotation

struct Rollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes the old key active again, as long as it is not deleted.",
        discussion: """
            In the phases `overlap` and `soak`, which `keyturn status` shows: for when something that nobody knew of still uses \
            the old key. Both keys then stay Active, and the targets keep \
            the new one, until `keyturn retry` begins the overlap anew. Find out first who uses the old key.
            """)

    @Option(help: ArgumentHelp("The user whose old key it is.", valueName: "user"), completion: Suggestions.users)
    var user: String

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let workspace = try Workspace(options)
        let users = try workspace.select([user])
        if let refusal = Self.refusal(try workspace.readJournal().record(of: user)?.rotation) {
            throw CommandFailure(.failed, "\(user): \(refusal). Nothing was changed.")
        }
        try await Working(workspace).work(on: users, requests: [.rollback], isLive: false)
    }

    /// Why there is nothing to bring back; nil: there is.
    private static func refusal(_ rotation: Rotation?) -> String? {
        switch rotation?.phase {
        case .overlap, .soak: rotation?.previous == nil ? "there is no old key any more" : nil
        case .creating, .verifying, .delivering:
            "the old key is still Active, and stays so until every target has confirmed the new one; `rollback` is for `overlap` "
                + "and `soak`"
        case .deleting: "the soak is over, and the old key is being deleted"
        case .idle, nil:
            "no rotation is under way, so there is no old key: only in `overlap` and `soak` is there one that can come back"
        }
    }
}
