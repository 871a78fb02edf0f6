import Journal
import SQLiteStore
import Secrets
import StateStore
import Testing

@Suite("Seal keys that the state keeps")
struct DataKeyTests {
    private func seal(_ byte: UInt8) -> Seal {
        Seal(key: [UInt8](repeating: byte, count: 32).withUnsafeBytes { Secret(copying: $0) })
    }

    @Test("of two that are kept at once the first one stays, and both writers have it")
    func first() async throws {
        let store = try SQLiteStore(path: nil)
        let journals = [
            try await StoredJournal(store, seal: nil), try await StoredJournal(store, seal: nil),
        ]
        #expect(try await journals[0].dataKey("alias/x") == nil)
        let kept = try await withThrowingTaskGroup(of: String.self) { group in
            for index in 0..<16 {
                group.addTask { try await journals[index % 2].keep(dataKey: "sealed \(index)", of: "alias/x") }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(kept.count == 1)
        #expect(try await journals[1].dataKey("alias/x") == kept.first)
        #expect(try await journals[0].keep(dataKey: "other", of: "alias/x-2") == "other")
        #expect(try await journals[0].dataKeyNames() == ["alias/x", "alias/x-2"])
        #expect(try await journals[0].dataKey("alias/x") == kept.first)
    }

    @Test("a state says whether one of the keys sealed it")
    func sealed() async throws {
        let store = try SQLiteStore(path: nil)
        let journal = try await StoredJournal(store, seal: nil)
        #expect(try await journal.sealedState(for: nil) == .unsealed)
        _ = try await StoredJournal(store, seal: seal(1))
        #expect(try await journal.sealedState(for: seal(1)) == .byKnownKey)
        #expect(try await journal.sealedState(for: seal(2)) == .byAnotherKey)
        #expect(try await journal.sealedState(for: nil) == .byAnotherKey)
    }
}
