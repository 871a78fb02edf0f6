import Journal
@testable import Operations
import Rotation
import SQLiteStore
import Secrets
import Testing

@Suite("How often events may revoke")
struct EventRevocationTests {
    private let first = AccessKeyID("AKIAFIRSTEXAMPLE0001")
    private let second = AccessKeyID("AKIASECONDEXAMPLE002")
    private let now = Directory.now

    private func journal() async throws -> StoredJournal {
        try await StoredJournal(try SQLiteStore(path: nil), seal: nil)
    }

    private func note(
        _ key: AccessKeyID, of user: String = "cicd-bot", at moment: Timestamp, in journal: StoredJournal
    ) async throws -> String? { try await EventRevocations.note(key, of: user, at: moment, in: journal) }

    @Test("one key of a user within an hour; the same one as often as it comes")
    func once() async throws {
        let journal = try await journal()
        #expect(try await note(first, at: now, in: journal) == nil)
        #expect(try await note(first, at: now + .seconds(60), in: journal) == nil)
        #expect(try await note(second, at: now + .seconds(3_599), in: journal) == first.rawValue)
        #expect(try await note(second, of: "other", at: now + .seconds(1), in: journal) == nil)
        #expect(try await note(second, at: now + .seconds(3_600), in: journal) == nil)
        #expect(try await note(first, at: now + .seconds(3_601), in: journal) == second.rawValue)
    }

    @Test("the hour counts from the first time that the key came")
    func fromTheFirst() async throws {
        let journal = try await journal()
        #expect(try await note(first, at: now, in: journal) == nil)
        #expect(try await note(first, at: now + .seconds(3_000), in: journal) == nil)
        #expect(try await note(second, at: now + .seconds(3_700), in: journal) == nil)
    }

    @Test("a clock that was ahead does not lock out for longer")
    func clock() async throws {
        let journal = try await journal()
        #expect(try await note(first, at: now + .seconds(86_400), in: journal) == nil)
        #expect(try await note(second, at: now, in: journal) == nil)
    }

    @Test("a record that cannot be read lets nothing pass")
    func unreadable() async throws {
        let journal = try await journal()
        try await journal.update("event-revocations") { _ in Array("nonsense".utf8) }
        await #expect(throws: OperationFailure.self) { _ = try await note(first, at: now, in: journal) }
    }
}
