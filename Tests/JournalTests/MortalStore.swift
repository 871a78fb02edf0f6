import SQLiteStore
import StateStore
import Synchronization

/// A store in memory that cannot be reached any more after as many operations as it is asked to.
final class MortalStore: StateStore {
    let store: SQLiteStore
    private let left = Mutex<Int?>(nil)
    let place: String

    init(_ place: String = "memory") throws { (self.place, store) = (place, try SQLiteStore(path: nil)) }

    /// - Parameter operations: how many are still done; of a commit that is the last one, the answer is lost. nil: all.
    func end(after operations: Int?) { left.withLock { $0 = operations } }

    private func step<Value>(
        _ body: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let left = left.withLock { left in
            defer { left = left.map { $0 - 1 } }
            return left
        }
        if let left, left <= 0 { throw StoreError(.unreachable, "the process is gone") }
        return try await body()
    }

    var isShared: Bool { true }
    func concern() async throws(StoreError) -> String? { nil }
    func epoch() async throws(StoreError) -> String? { nil }
    func time() async throws(StoreError) -> Int64? { nil }
    func scrub() async {}
    func user(_ name: String) async throws(StoreError) -> StoredUser? {
        try await step { () throws(StoreError) in try await store.user(name) }
    }
    func versions() async throws(StoreError) -> [String: Int64] {
        try await step { () throws(StoreError) in try await store.versions() }
    }
    func users() async throws(StoreError) -> [String: StoredUser] {
        try await step { () throws(StoreError) in try await store.users() }
    }
    func lines(_ query: LineQuery) async throws(StoreError) -> [StoredLine] {
        try await step { () throws(StoreError) in try await store.lines(query) }
    }
    func documents(_ prefix: String) async throws(StoreError) -> [String: StoredDocument] {
        try await step { () throws(StoreError) in try await store.documents(prefix) }
    }
    func commit(_ change: UserChange) async throws(StoreError) {
        try await step { () throws(StoreError) in try await store.commit(change) }
        // What was done, and is not known to be.
        if left.withLock({ $0 == 0 }) { throw StoreError(.uncertain, "the connection was lost") }
    }
    func write(_ content: [UInt8]?, to name: String, version: Int64) async throws(StoreError) {
        try await step { () throws(StoreError) in try await store.write(content, to: name, version: version) }
    }
}
