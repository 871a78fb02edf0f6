public import Rotation
internal import StateStore

extension StoredJournal {
    /// The longest content of a document, in bytes: 100,000 users that were found.
    public static let longestDocument = 16 << 20

    // MARK: What other parts of keyturn keep

    /// What a part of keyturn keeps in the state next to the rotations; nil: nothing is kept.
    ///
    /// - Parameter name: one of that part alone.
    public func document(_ name: String) async throws(JournalError) -> [UInt8]? { try await stored(name)?.content }

    /// Changes a document by compare-and-set.
    ///
    /// - Parameters:
    ///   - name: one of the part that keeps it.
    ///   - change: gets what is kept, nil for nothing, and returns what is to be; nil: it stays as it is. Asked again where another
    ///     process has written meanwhile.
    /// - Throws: `overtaken` where others keep writing it, `tooLarge` for a content longer than ``longestDocument``.
    public func update(
        _ name: String, _ change: (_ present: [UInt8]?) -> [UInt8]?
    ) async throws(JournalError) {
        try await write(name) { change($0?.content) }
    }

    private func write(
        _ name: String, _ change: (_ present: StoredDocument?) -> [UInt8]?
    ) async throws(JournalError) {
        for _ in 0..<Self.tries {
            let present = try await stored(name)
            guard let content = change(present) else { return }
            guard content.count <= Self.longestDocument else {
                throw JournalError(
                    .tooLarge,
                    "\(store.place): a document would have \(content.count) bytes; it may have \(Self.longestDocument)")
            }
            do throws(StoreError) {
                return try await store.write(content, to: name, version: present?.version ?? 0)
            } catch { if error.code != .conflict { throw JournalError(error, at: store.place) } }
        }
        throw JournalError(.overtaken, "\(store.place): other processes keep writing the same document")
    }

    /// Changes a document whose content is one value.
    ///
    /// - Parameter change: gets what is kept and how long ago it was written, by the store's clock; nil: nothing is kept, or it has the form
    ///   of another version of keyturn.
    /// - Throws: as ``update(_:_:)``.
    public func update<Value: Codable>(
        _ name: String, as _: Value.Type, _ change: (_ present: Value?, _ age: Duration) -> Value
    ) async throws(JournalError) {
        try await write(name) { present in
            let value = present.flatMap { try? Coding.read(Value.self, $0.content) }
            return Coding.json(change(value, .milliseconds(present?.age ?? 0)))
        }
    }

    /// The store gives all documents whose names begin so.
    private func stored(_ name: String) async throws(JournalError) -> StoredDocument? {
        try await explain { () throws(StoreError) in try await store.documents(name) }[name]
    }

    // MARK: Notifications

    /// The documents of notifications: what was sent at one destination, by user.
    private static func sentPrefix(_ destination: String) -> String { "sent\n\(destination)\n" }

    /// What notifications have sent to one destination, by user.
    public func told(at destination: String) async throws(JournalError) -> [String: NotificationState] {
        let prefix = Self.sentPrefix(destination)
        var found: [String: NotificationState] = [:]
        for (name, document) in try await explain({ () throws(StoreError) in try await store.documents(prefix) }) {
            found[String(name.dropFirst(prefix.count))] = try located { () throws(JournalError) in
                try Coding.read(NotificationState.self, document.content)
            }
        }
        return found
    }

    /// Writes what notifications have sent to one destination. The last writing counts.
    public func write(_ told: [String: NotificationState], at destination: String) async throws(JournalError) {
        let prefix = Self.sentPrefix(destination)
        for (user, told) in told { try await update(prefix + user) { _ in Coding.json(told) } }
    }
}
