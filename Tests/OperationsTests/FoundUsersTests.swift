import Configuration
import Foundation
@testable import Journal
@testable import Operations
import StateStore
import Testing

@Suite("What discover found last")
struct FoundUsersTests {
    private static let section =
        #"discover: { tag: keyturn=yes, targets: [{ pusher: github, repository: "acme/{user}" }] }"#

    private let directory: Directory
    /// The one entry of `discover`.
    private let entry: String

    init() throws {
        directory = try Directory(Directory.configuration("version: 1", "version: 1\n\(Self.section)"))
        entry = try #require(try LoadedConfiguration(directory.context).configuration.discover.first).identity
    }

    private func found(_ names: String..., at entry: String? = nil) -> FoundUsers {
        var found = FoundUsers()
        found.users[entry ?? self.entry] = names.map { DiscoveredUser(userName: $0, tags: ["a \"tag\"": "x"]) }
        return found
    }

    private func names(_ purpose: StateAccess.Purpose = .looking) async throws -> [String] {
        try await LoadedConfiguration.recalled(directory.context, for: purpose).0.users.map(\.name).sorted()
    }

    @Test("is recalled from the state, which is opened once", arguments: [StateAccess.Purpose.looking, .working])
    func recalled(_ purpose: StateAccess.Purpose) async throws {
        #expect(try await names(purpose) == ["cicd-bot"])
        #expect(directory.openings == 0, "there was no state")
        try await found("web").keep(in: directory.journal(), except: [])
        #expect(try await FoundUsers(in: directory.journal()) == found("web"))
        let (loaded, state) = try await LoadedConfiguration.recalled(directory.context, for: purpose)
        #expect(loaded.users.map(\.name).sorted() == ["cicd-bot", "web"])
        _ = try await state.records()
        #expect(directory.openings == 1)
        #expect(try directory.stateFiles.keys.allSatisfy { $0.hasPrefix("keyturn.db") && !$0.contains("json") })
    }

    @Test("is offered to shells that complete targets")
    func completed() async throws {
        try await found("web").keep(in: directory.journal(), except: [])
        #expect(await ConfiguredNames.targets(directory.context).contains("github:acme/web"))
    }

    @Test("stays as another process wrote it, where an account could not be asked")
    func unasked() async throws {
        let journal = try await directory.journal()
        try await found("web", "new").keep(in: journal, except: [])
        // This process has recalled `web` alone, before the other one wrote.
        var mine = found("web")
        mine.users["other"] = found("shop", at: "other").users["other"]
        try await mine.keep(in: journal, except: [entry])
        let kept = try await FoundUsers(in: journal)
        #expect(kept.users[entry]?.map(\.userName) == ["web", "new"])
        #expect(kept.users["other"]?.map(\.userName) == ["shop"])
    }

    @Test("is not written again where nothing has changed")
    func unchanged() async throws {
        let journal = try await directory.journal()
        try await found("web").keep(in: journal, except: [])
        let version = try await journal.store.documents("discovered")["discovered"]?.version
        try await found("web").keep(in: journal, except: [])
        #expect(try await journal.store.documents("discovered")["discovered"]?.version == version)
    }

    @Test("is reported where it cannot be read, stops no one, and is replaced")
    func unreadable() async throws {
        let journal = try await directory.journal()
        try await journal.update("discovered") { _ in Array("{".utf8) }
        #expect(try await names() == ["cicd-bot"])
        let warning = try #require(directory.lines.first { $0.hasPrefix("warning: ") })
        #expect(
            warning.contains("keyturn.db) cannot be read") && warning.contains("until `keyturn step` has looked again"))
        try await found("web").keep(in: journal, except: [])
        #expect(try await names() == ["cicd-bot", "web"])
    }

    @Test("is left alone where it does not fit the file any more, and the others go on")
    func stale() async throws {
        // The target of the user of the file.
        try await found("app").keep(in: directory.journal(), except: [])
        #expect(try await names() == ["cicd-bot"])
        #expect(
            directory.lines.contains {
                $0.hasPrefix("warning: ") && $0.contains("does not match")
                    && $0.contains("until `keyturn step` has looked again")
            })
    }
}
