internal import Configuration
internal import Journal
internal import Secrets
internal import StateStore

/// The seal keys of one operation, in the order of the configuration.
///
/// Some may be had only with the state: those that KMS made and sealed for it. The state keeps their ciphertexts, and KMS opens each
/// once. The first use makes them: by compare-and-set, so two processes that begin at once have the same key.
actor SealKeyring {
    /// A key that KMS made just now, and that is not in the state yet.
    private typealias Made = (sealed: String, plain: Secret)

    private let loaded: LoadedConfiguration
    /// nil: it is kept in the state, and was not read yet.
    private var keys: [Secret?]
    /// By the place in the list.
    private var made: [Int: Made] = [:]

    /// Whether there are keys that the state keeps.
    nonisolated let needsState: Bool

    /// Reads those that can be had without the state.
    init(_ loaded: LoadedConfiguration) async throws {
        self.loaded = loaded
        let keys = try await loaded.readSealKeys()
        self.keys = keys
        needsState = keys.contains { $0 == nil }
    }

    /// All of them, where none is kept in the state.
    var atHand: Seal? { missing.isEmpty ? Seal(keys: keys.compactMap { $0 }) : nil }

    /// Has KMS make those that a state which is not there yet would keep. Writes nothing: what KMS refuses leaves no empty state behind.
    func prepare() async throws {
        for (index, key) in missing { _ = try await make(index, key) }
    }

    /// All of them.
    ///
    /// - Parameters:
    ///   - store: of the state.
    ///   - writes: whether those that the state does not have yet are made.
    /// - Returns: nil: the state has none yet, nothing is sealed there, and none was to be made.
    /// - Throws: ``OperationFailure`` or ``JournalError``, also where the state was sealed with none of them.
    func seal(in store: any StateStore, writes: Bool) async throws -> Seal? {
        guard !missing.isEmpty else { return Seal(keys: keys.compactMap { $0 }) }
        let journal = try await StoredJournal(store, seal: nil)
        for (index, key) in missing {
            if let sealed = try await journal.dataKey(key.key) {
                keys[index] = try await loaded.open(sealed, with: key)
            }
        }
        guard !missing.isEmpty else { return Seal(keys: keys.compactMap { $0 }) }
        let known = keys.compactMap { $0 }
        switch try await journal.sealedState(for: known.isEmpty ? nil : Seal(keys: known)) {
        case .byAnotherKey: throw try await refusal(journal)
        case .unsealed where !writes:
            try await prepare()
            return nil
        case .byKnownKey where !writes:
            for (_, key) in missing {
                loaded.log.tell("`\(key.place)`: the state has no seal key by \(key.key) yet; `keyturn step` makes it")
            }
            return Seal(keys: known)
        case .unsealed, .byKnownKey: break
        }
        for (index, key) in missing {
            let own = try await make(index, key)
            let kept = try await journal.keep(dataKey: own.sealed, of: key.key)
            keys[index] = kept == own.sealed ? own.plain : try await loaded.open(kept, with: key)
        }
        return Seal(keys: keys.compactMap { $0 })
    }

    private var missing: [(index: Int, key: KMSSealKey)] {
        zip(keys.indices, loaded.configuration.sealKeys).compactMap { index, source in
            if keys[index] == nil, case .kms(let key) = source { (index, key) } else { nil }
        }
    }

    private func make(_ index: Int, _ key: KMSSealKey) async throws -> Made {
        if let before = made[index] { return before }
        let new = try await loaded.makeSealKey(with: key)
        made[index] = new
        return new
    }

    /// A new key could not open what is there.
    private func refusal(_ journal: StoredJournal) async throws -> OperationFailure {
        let names = try await journal.dataKeyNames()
        let kept = names.isEmpty ? "" : ". It keeps a seal key by \(names.joined(separator: " and by "))"
        let (_, key) = missing[0]
        return OperationFailure(
            .configuration,
            "\(loaded.file):\(key.line): `\(key.place)`: \(loaded.configuration.state.place) was sealed with another seal key, and keeps "
                + "none by \(key.key), so none was made\(kept). Name the key that it has in `seal-key`; to replace that one, add this "
                + "one as the second of a list, and see `keyturn seal-key rotate --help`. Nothing was changed")
    }
}
