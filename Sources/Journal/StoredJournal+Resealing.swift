internal import Rotation
internal import Secrets
internal import StateStore

/// Which seal keys the state has.
public struct SealKeyUse: Hashable, Sendable {
    /// The configured ones, in their order.
    public var configured: [String]
    /// The one that the state as a whole has; nil: there is nothing sealed yet.
    public var marker: String?
    /// How many users' records have each key.
    public var users: [String: Int] = [:]
    /// How many do not name one: written by a keyturn that knew one seal key only.
    public var unnamed = 0

    /// Whether everything has the first key.
    public var isComplete: Bool {
        guard let first = configured.first else { return true }
        return (marker ?? first) == first && users.allSatisfy { $0.key == first } && unnamed == 0
    }
}

/// What became of resealing everything.
public struct Resealing: Hashable, Sendable {
    /// Users that were resealed.
    public var resealed: [String] = []
    /// Users whose records had the key already.
    public var already = 0
    /// Users that another process is at work on, each with that process. They are as they were.
    public var busy: [String: String] = [:]
    /// Users whose records were not written with any of the seal keys. They are as they were: resealing them would make them look
    /// genuine.
    public var doubtful: [String] = []
    /// Whether the marker was written: everything has the key.
    public var isComplete = false
}

extension StoredJournal {
    /// Which seal keys the state has.
    public func sealKeyUse() async throws(JournalError) -> SealKeyUse {
        guard let seal else { throw JournalError(.unavailable, "\(store.place): it was opened for looking only") }
        var use = SealKeyUse(configured: seal.ids)
        let name = Self.sealCheck
        let check = try await explain { () throws(StoreError) in try await store.documents(name) }[name]
        use.marker = check.flatMap { seal.opener(of: $0.content, context: name) }
        (use.users, use.unnamed) = try await namedSealKeys()
        return use
    }

    /// How many users' records name each seal key, and how many name none. Needs no seal key.
    private func namedSealKeys() async throws(JournalError) -> (users: [String: Int], unnamed: Int) {
        var (users, unnamed) = ([String: Int](), 0)
        for (_, stored) in try await explain({ () throws(StoreError) in try await store.users() }) {
            let (_, json) = Coding.split(stored.record)
            let record = try located { () throws(JournalError) in try Coding.read(UserRecord.self, json) }
            if let id = record.sealKey { users[id, default: 0] += 1 } else { unnamed += 1 }
        }
        return (users, unnamed)
    }

    /// The seal keys that the users' records name, for whoever looks for the right file: `The state needs the seal key 1a2b3c4d5e6f
    /// (3 users)`. Needs no seal key; nil: no record names one.
    public func sentenceOnSealKeys() async -> String? {
        guard let named = try? await namedSealKeys().users, !named.isEmpty else { return nil }
        let list = named.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value) user\($0.value == 1 ? "" : "s"))" }
        return "The state needs the seal key\(list.count == 1 ? "" : "s") \(list.joined(separator: " and "))"
    }

    /// Seals every user's record and pair with the first seal key, and then says in the state that this is its key.
    ///
    /// Each user is one commit, by compare-and-set; whoever holds a lease keeps it, and is waited for by calling again. While it
    /// lasts, and after it has ended anywhere, every record names a key of which both are configured. The marker is written last,
    /// after everything was read once more.
    ///
    /// - Parameter lease: one that is asked for, by which others' are judged. None is taken.
    /// - Throws: `corrupt` where a pair cannot be opened; nothing of that user was changed.
    public func reseal(asking lease: Lease) async throws(JournalError) -> Resealing {
        guard let seal else { throw JournalError(.unavailable, "\(store.place): it was opened for looking only") }
        try await requireInUse()
        var done = Resealing()
        for _ in 0..<Self.tries {
            (done.already, done.busy, done.doubtful) = (0, [:], [])
            var changed = 0
            let names = try await explain { () throws(StoreError) in try await store.versions() }.keys.sorted()
            for name in names {
                switch try await reseal(name, seal, lease) {
                case .already: done.already += 1
                case .resealed:
                    changed += 1
                    done.resealed.append(name)
                case .busy(let owner): done.busy[name] = owner
                case .doubtful: done.doubtful.append(name)
                }
            }
            guard done.busy.isEmpty, done.doubtful.isEmpty else { break }
            // Users may have been added meanwhile, with the key before: only a pass that finds nothing to do is the last one.
            guard changed == 0 else { continue }
            try await mark(seal)
            done.isComplete = true
            break
        }
        if !done.resealed.isEmpty {
            activateFirstSealKey()
            // The pair as the key before sealed it is not to stay on the disk.
            await store.scrub()
        }
        return done
    }

    private enum Outcome {
        case already, resealed, doubtful
        case busy(String)
    }

    private func reseal(_ user: String, _ seal: Seal, _ lease: Lease) async throws(JournalError) -> Outcome {
        for _ in 0..<Self.tries {
            guard let stored = try await explain({ () throws(StoreError) in try await store.user(user) }) else {
                return .already
            }
            let (code, json) = Coding.split(stored.record)
            let record = try located { () throws(JournalError) in try Coding.read(UserRecord.self, json) }
            try requireSealKey(seal, record, of: user)
            guard seal.accepts(code, for: json, of: user) else { return .doubtful }
            if record.sealKey == seal.firstID { return .already }
            if let held = stored.lease.flatMap(Lease.init), held.binds(lease) { return .busy("\(held.owner)") }
            var change = UserChange(user, version: stored.version, lease: nil)
            change.record = seal.vouch(for: record, of: user, with: seal.firstID)
            // One that the rotation knows nothing of can be opened by no one, with whatever key.
            if let pair = try open(stored.parts[Part.pair], record.rotation?.keyOfPair?.id, of: user, seal) {
                change.parts[Part.pair] = seal.seal(
                    pair.secret, context: Self.context(user, pair.id), with: seal.firstID)
            }
            do throws(StoreError) {
                try await store.commit(change)
                disregard(user)
                return .resealed
            } catch { if error.code != .conflict { throw JournalError(error, at: store.place) } }
        }
        return .busy("another process")
    }

    /// The last step: the state is one of the first key from now on.
    private func mark(_ seal: Seal) async throws(JournalError) {
        let name = Self.sealCheck
        let check = try await explain { () throws(StoreError) in try await store.documents(name) }[name]
        if let check, seal.opener(of: check.content, context: name) == seal.firstID { return }
        let sealed = seal.seal(Secret.text("keyturn"), context: name)
        do throws(StoreError) { try await store.write(sealed, to: name, version: check?.version ?? 0) } catch {
            throw JournalError(error, at: store.place)
        }
        activateFirstSealKey()
    }
}
