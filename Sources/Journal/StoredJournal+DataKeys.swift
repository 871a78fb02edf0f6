internal import StateStore

/// Whether a state was sealed, and by whom.
public enum SealedState: Hashable, Sendable {
    /// Nothing was sealed yet.
    case unsealed
    /// By one of the keys that were asked about.
    case byKnownKey
    /// By a key that is not among them.
    case byAnotherKey
}

/// Seal keys that a service keeps nothing of but what it sealed them with: their ciphertexts are documents of the state.
///
/// They are written once and not changed: a state that is copied has them, and of two processes that begin at once the later one uses
/// what the earlier one wrote.
extension StoredJournal {
    /// What their names begin with.
    private static let dataKeys = "data-key\n"

    private struct DataKey: Codable {
        /// In base64.
        var sealed: String
    }

    /// The ciphertext that is kept, in base64; nil: there is none.
    ///
    /// - Parameter name: of the key that sealed it.
    public func dataKey(_ name: String) async throws(JournalError) -> String? {
        guard let content = try await document(Self.dataKeys + name) else { return nil }
        return try located { () throws(JournalError) in try Coding.read(DataKey.self, content) }.sealed
    }

    /// The names of those that are kept, in alphabetical order.
    public func dataKeyNames() async throws(JournalError) -> [String] {
        let found = try await explain { () throws(StoreError) in try await store.documents(Self.dataKeys) }
        return found.keys.map { String($0.dropFirst(Self.dataKeys.count)) }.sorted()
    }

    /// Keeps a ciphertext, unless there is one of that name.
    ///
    /// - Parameter sealed: in base64.
    /// - Returns: the one that is kept now: this one, or the one that was there first.
    /// - Throws: `moved` where the state is not in use.
    public func keep(dataKey sealed: String, of name: String) async throws(JournalError) -> String {
        try await requireInUse()
        try await update(Self.dataKeys + name) { $0 == nil ? Coding.json(DataKey(sealed: sealed)) : nil }
        guard let kept = try await dataKey(name) else {
            throw JournalError(.unavailable, "\(store.place): what was written cannot be read")
        }
        return kept
    }

    /// Whether the state was sealed, and by one of these keys.
    ///
    /// - Parameter seal: nil: none is known.
    public func sealedState(for seal: Seal?) async throws(JournalError) -> SealedState {
        guard let check = try await document(Self.sealCheck) else { return .unsealed }
        return seal?.opener(of: check, context: Self.sealCheck) == nil ? .byAnotherKey : .byKnownKey
    }
}
