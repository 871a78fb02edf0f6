public import Rotation
public import Secrets
public import StateStore
internal import Synchronization

/// The journal on top of any store: sealing, a chain of history for each user, leases, retention.
public final class StoredJournal: Journal {
    let store: any StateStore
    let seal: Seal?
    let retention: Duration?
    private let author: Author
    /// What was read or written last of each user.
    private let known = Mutex<[String: Known]>([:])

    /// A record as it was at one version. A state that was put back from a backup may come to the same version again: there the code
    /// of the record is another one. A class, because records are large, and go through several tables of all users.
    private final class Known: Sendable {
        let version: Int64
        let code: String
        /// nil: the user was forgotten.
        let record: JournalRecord?
        /// When, for what is left of the lease.
        private let readAt = ContinuousClock.now

        init(version: Int64, code: String, record: JournalRecord?) {
            (self.version, self.code, self.record) = (version, code, record)
        }

        /// The record, with what is left of its lease now.
        var present: JournalRecord? {
            guard var record else { return nil }
            record.lease?.lasting -= readAt.duration(to: .now)
            return record
        }
    }

    /// What others keep changing is not fought for.
    static let tries = 4
    /// Up to this many users are read one by one.
    private static let fewUsers = 16
    /// The records that one processor reads before another one may take its turn.
    private static let usersAtOnce = 256
    /// The marker: a document that the seal key of the whole state seals.
    static let sealCheck = "seal-check"
    /// A document: the store's epoch that was seen last.
    static let epochName = "epoch"
    /// The names of two seal keys: the one that the state had when it was opened, and the one to seal with. A key that is first in the
    /// configuration, and not yet in the state, is not used: other processes may not have it yet. `seal-key rotate` brings it in.
    private let sealKeys: Mutex<(opened: String, active: String)>

    /// - Parameters:
    ///   - seal: seals the pending pair and the ends of the history. nil: only for looking.
    ///   - author: who writes.
    ///   - retention: how long lines of history are kept; nil: for ever.
    /// - Throws: `wrongSealKey` where the state was sealed with another key.
    public init(
        _ store: any StateStore, seal: Seal?, author: Author = .current(command: "keyturn"), retention: Duration? = nil
    ) async throws(JournalError) {
        (self.store, self.seal, self.author, self.retention) = (store, seal, author, retention)
        sealKeys = Mutex((opened: "", active: ""))
        guard let seal else { return }
        let id = try await checkSealKey(seal)
        sealKeys.withLock { $0 = (opened: id, active: id) }
    }

    /// The seal key to seal a user's record and pair with, which has that one now.
    ///
    /// Where anything has another key than the state had, that one was brought in since, and there is no way back.
    ///
    /// - Parameter present: one that is configured; nil: none is named.
    func sealKey(after present: String?) -> String {
        sealKeys.withLock { keys in
            if let present, present != keys.opened { keys.active = present }
            return keys.active
        }
    }

    /// A state that was sealed with another key is found out at once, not when a pair is needed.
    ///
    /// - Returns: the name of the key that the state has.
    private func checkSealKey(_ seal: Seal) async throws(JournalError) -> String {
        let name = Self.sealCheck
        for _ in 0..<Self.tries {
            if let check = try await explain({ () throws(StoreError) in try await store.documents(name) })[name] {
                guard let id = seal.opener(of: check.content, context: name) else {
                    throw JournalError(
                        .wrongSealKey,
                        "\(store.place): it was sealed with another seal key than the configured \(Self.list(seal.ids))"
                            + (await sentenceOnSealKeys().map { ". \($0)" } ?? ""))
                }
                return id
            }
            let sealed = seal.seal(Secret.text("keyturn"), context: name)
            do throws(StoreError) {
                try await store.write(sealed, to: name, version: 0)
                return seal.firstID
            } catch {
                // Another process has written its own at the same moment.
                if error.code != .conflict { throw JournalError(error, at: store.place) }
            }
        }
        throw JournalError(.unavailable, "\(store.place): what was written cannot be read")
    }

    /// `1a2b3c4d5e6f` or `1a2b3c4d5e6f and 0f0e0d0c0b0a`
    private static func list(_ ids: [String]) -> String {
        "\(ids.count == 1 ? "one" : "ones") (\(ids.joined(separator: " and ")))"
    }

    /// A record that names a seal key that is not configured is left alone: it was resealed, or has not been yet.
    func requireSealKey(_ seal: Seal, _ record: UserRecord, of user: String) throws(JournalError) {
        guard let id = record.sealKey, !seal.knows(id) else { return }
        throw JournalError(
            .wrongSealKey,
            "\(store.place): the record of \(user) has the seal key \(id), and the configured \(Self.list(seal.ids)) is another"
        )
    }

    /// The records of all users. What has not changed since the last time is not read again: a process that stays up asks often.
    public func records() async throws(JournalError) -> [String: JournalRecord] {
        let before = known.withLock { $0 }
        let (versions, stored) = try await changes(since: before)
        let fresh = try await read(Array(stored))
        let read = before.merging(fresh) { $1 }.filter { versions[$0.key] != nil }
        // What was written meanwhile is newer, and stays.
        known.withLock { known in
            known.merge(fresh.filter { before[$0.key]?.version == known[$0.key]?.version }) { $1 }
        }
        return read.compactMapValues(\.present)
    }

    /// What is kept of users, understood: of many on all processors.
    private func read(_ stored: [(key: String, value: StoredUser)]) async throws(JournalError) -> [String: Known] {
        let parts = stride(from: 0, to: stored.count, by: Self.usersAtOnce).map {
            stored[$0..<min($0 + Self.usersAtOnce, stored.count)]
        }
        let results = await withTaskGroup(of: Result<[(String, Known)], JournalError>.self) { group in
            for part in parts {
                group.addTask {
                    Result { () throws(JournalError) in
                        var known: [(String, Known)] = []
                        for (name, user) in part { known.append((name, try self.read(user))) }
                        return known
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        var fresh: [String: Known] = [:]
        for result in results { fresh.merge(try result.get()) { $1 } }
        return fresh
    }

    private func read(_ stored: StoredUser) throws(JournalError) -> Known {
        let (record, _, code) = try located { () throws(JournalError) in try stored.read() }
        return Known(version: stored.version, code: code, record: JournalRecord(record, stored))
    }

    /// The version of each user, and those that have another one than before.
    private func changes(
        since before: [String: Known]
    ) async throws(JournalError) -> (versions: [String: Int64], users: [String: StoredUser]) {
        // Where none is known, all have changed.
        guard !before.isEmpty else {
            let all = try await explain { () throws(StoreError) in try await store.users() }
            return (all.mapValues(\.version), all)
        }
        let versions = try await explain { () throws(StoreError) in try await store.versions() }
        return (versions, try await users(versions.filter { before[$0.key]?.version != $0.value }.map(\.key)))
    }

    /// Many are read at once, with those that no one has asked for.
    private func users(_ names: [String]) async throws(JournalError) -> [String: StoredUser] {
        if names.count > Self.fewUsers { return try await explain { () throws(StoreError) in try await store.users() } }
        var found: [String: StoredUser] = [:]
        for name in names { found[name] = try await explain { () throws(StoreError) in try await store.user(name) } }
        return found
    }

    /// Takes a user up for a while.
    public func acquire(
        _ user: String, lease: Lease, at now: Timestamp
    ) async throws(JournalError) -> (record: JournalRecord, pair: KeyPair?) {
        guard let seal else { throw JournalError(.unavailable, "\(store.place): it was opened for looking only") }
        for _ in 0..<Self.tries {
            let stored = try await explain { () throws(StoreError) in try await store.user(user) }
            let restored = try await stateInUse()
            let (record, change, pair) = try await taking(user, stored, seal, lease, restored, at: now)
            do throws(StoreError) {
                try await store.commit(change)
                remember(user, record, change.record ?? stored?.record)
                return (record, pair)
            } catch { if error.code != .conflict { throw JournalError(error, at: store.place) } }
        }
        throw JournalError(.leased, "another keyturn is at work on \(user)")
    }

    /// What taking a user up writes, and what is found there.
    private func taking(
        _ user: String, _ stored: StoredUser?, _ seal: Seal, _ lease: Lease, _ restored: String?, at now: Timestamp
    ) async throws(JournalError) -> (JournalRecord, UserChange, KeyPair?) {
        var change = UserChange(user, version: stored?.version ?? 0, lease: StoredLease(lease))
        var record = UserRecord(rotation: nil, chain: ChainHead())
        // After the user was read: a switch between the two is seen.
        let own = try await explain { () throws(StoreError) in try await store.epoch() }
        // A backup that was put back is another epoch of the state, too.
        let epoch = restored.map { "\(own ?? "") \($0)" } ?? own
        guard let stored else {
            let rotation = Rotation(at: now)
            (record.rotation, record.epoch) = (rotation, epoch)
            let id = sealKey(after: nil)
            change.record = seal.vouch(for: record, of: user, with: id)
            let position = JournalPosition(version: 1, chain: record.chain, epoch: epoch, sealKey: id)
            return (JournalRecord(position: position, rotation: rotation, lease: lease), change, nil)
        }
        if let held = stored.lease.flatMap(Lease.init), held.binds(lease) {
            let machine = held.owner.boot == lease.owner.boot ? nil : await machine(of: held.owner)
            throw JournalError(LeaseHolder(of: user, process: held.owner.process, machine: machine))
        }
        let (code, json) = Coding.split(stored.record)
        if let last = known.withLock({ $0[user] }), last.version == stored.version, last.code == code {
            let position = last.record?.position
            record = UserRecord(
                rotation: last.record?.rotation, chain: position?.chain ?? record.chain, epoch: position?.epoch)
            record.sealKey = position?.sealKey
        }
        if record.rotation == nil { record = try located { () throws(JournalError) in try stored.read().record } }
        try requireSealKey(seal, record, of: user)
        var rotation = record.rotation ?? Rotation(at: now)
        var history = HistoryWriter(user: user, rotation: rotation.number, author: author, head: record.chain)
        if let epoch, epoch != record.epoch, record.epoch != nil || restored != nil {
            if own != nil || store.isShared { try await awaitOthers(epoch, user, for: lease.lasting) }
            rotation.doubtCreations()
            let isRestored = restored.map { !(record.epoch ?? "").hasSuffix(" \($0)") } ?? false
            let detail =
                isRestored ? "an older backup of the state was put back" : "the database went over to another server"
            history.append([HistoryEvent(.stateMayBeBehind, detail: detail)], at: now)
        }
        if let finding = try await finding(seal, user, record.chain, json, code) {
            history.head.line = max(history.head.line, finding.lastLine)
            history.append([HistoryEvent(.historyBroken, detail: finding.text)], at: now)
        } else {
            change.lastDeletedLine = try await prune(&history, at: now)
        }
        let pair = try open(stored.parts[Part.pair], rotation.keyOfPair?.id, of: user, seal)
        let id = sealKey(after: record.sealKey)
        if record.rotation == nil || !history.lines.isEmpty || record.sealKey != id {
            let changed = UserRecord(rotation: rotation, chain: history.head, epoch: epoch)
            change.record = seal.vouch(for: changed, of: user, with: id)
            change.lines = history.lines
        }
        // One key has the record and the pair: whoever reads the one knows of the other.
        if record.sealKey != id, let pair {
            change.parts[Part.pair] = seal.seal(pair.secret, context: Self.context(user, pair.id), with: id)
        }
        let position = JournalPosition(version: stored.version + 1, chain: history.head, epoch: epoch, sealKey: id)
        return (JournalRecord(position: position, rotation: rotation, lease: lease), change, pair)
    }

    /// Leases may be lost, too: whoever had one acts on it until it ends, unknown to the server that took over.
    private func awaitOthers(_ epoch: String, _ user: String, for lasting: Duration) async throws(JournalError) {
        let name = Self.epochName
        let seen = try await explain { () throws(StoreError) in try await store.documents(name) }[name]
        if let seen, seen.content == Array(epoch.utf8), .milliseconds(seen.age) >= lasting { return }
        if seen?.content != Array(epoch.utf8) { try await update(name) { _ in Array(epoch.utf8) } }
        throw JournalError(
            .leased,
            "the database went over to another server, and whoever was at work on \(user) may still be, for \(lasting.components.seconds) s"
        )
    }

    func open(
        _ sealed: [UInt8]?, _ id: AccessKeyID?, of user: String, _ seal: Seal
    ) throws(JournalError) -> KeyPair? {
        guard let sealed, let id else { return nil }
        guard let secret = seal.open(sealed, context: Self.context(user, id)) else {
            throw JournalError(
                .corrupt, "\(store.place): the sealed pair of \(user) was damaged, or belongs to another user or key")
        }
        return KeyPair(id: id, secret: secret)
    }

    /// What a sealed pair is bound to.
    static func context(_ user: String, _ id: AccessKeyID) -> String { "pair \(user) \(id.rawValue)" }

    /// Gives a user back.
    public func release(_ user: String, at position: JournalPosition) async throws(JournalError) {
        do throws(StoreError) {
            try await store.commit(UserChange(user, version: position.version, lease: nil))
        } catch {
            if error.code == .conflict { return }
            throw JournalError(error, at: store.place)
        }
        known.withLock { known in
            guard let former = known[user], former.version == position.version else { return }
            var record = former.record
            record?.position.version += 1
            record?.lease = nil
            known[user] = Known(version: former.version + 1, code: former.code, record: record)
        }
    }

    /// Writes one transition.
    public func commit(_ entry: JournalEntry) async throws(JournalError) -> JournalPosition {
        guard let seal else { throw JournalError(.unavailable, "\(store.place): it was opened for looking only") }
        var history = HistoryWriter(
            user: entry.user, rotation: entry.rotation.number, author: author, head: entry.position.chain)
        history.append(entry.transition.notes, at: entry.at)
        var change = UserChange(entry.user, version: entry.position.version, lease: StoredLease(entry.lease))
        let epoch = entry.position.epoch
        // Not another one in the middle of the work: a pair that stays has this one.
        let id = entry.position.sealKey ?? sealKey(after: nil)
        change.record = seal.vouch(
            for: UserRecord(rotation: entry.rotation, chain: history.head, epoch: epoch), of: entry.user, with: id)
        change.lines = history.lines
        // Of two events in one entry one may remove what the other one changes: what counts is what is there after both.
        for target in entry.transition.removedDeliveries.union(entry.transition.changedDeliveries) {
            change.parts[Part.delivery(target)] = .some(entry.rotation.deliveries[target].map(Coding.json))
        }
        switch entry.pair {
        case .keep: break
        case .wipe: change.parts[Part.pair] = .some(nil)
        case .seal(let pair):
            change.parts[Part.pair] = seal.seal(
                pair.secret, context: Self.context(entry.user, pair.id), with: id)
        }
        do throws(StoreError) { try await store.commit(change) } catch {
            guard error.code == .conflict else { throw JournalError(error, at: store.place) }
            throw JournalError(.overtaken, "another keyturn has taken \(entry.user) over; this one stopped")
        }
        if case .wipe = entry.pair { await store.scrub() }
        let position = JournalPosition(
            version: entry.position.version + 1, chain: history.head, epoch: epoch, sealKey: id)
        let record = JournalRecord(position: position, rotation: entry.rotation.recorded, lease: entry.lease)
        remember(entry.user, record, change.record)
        return position
    }

    /// What was just written need not be read again.
    private func remember(_ user: String, _ record: JournalRecord, _ content: [UInt8]?) {
        guard let content else { return }
        let known = Known(version: record.position.version, code: Coding.split(content).voucher, record: record)
        self.known.withLock { $0[user] = known }
    }

    /// What another way of writing has changed is read again.
    func disregard(_ user: String) { known.withLock { $0[user] = nil } }

    /// From now on the first seal key is the one to seal with.
    func activateFirstSealKey() { if let seal { sealKeys.withLock { $0.active = seal.firstID } } }

    /// Forgets a user that left the configuration: its keys stay as they are, and nothing but its history is known any more.
    ///
    /// - Parameter reason: for the history.
    /// - Throws: `leased` while another process is at work on the user.
    public func forget(_ user: String, reason: String, lease: Lease, at now: Timestamp) async throws(JournalError) {
        let (record, _) = try await acquire(user, lease: lease, at: now)
        guard let seal else { return }
        var history = HistoryWriter(
            user: user, rotation: record.rotation.number, author: author, head: record.position.chain)
        history.append([HistoryEvent(.forgotten, key: record.rotation.current?.id, detail: reason)], at: now)
        var change = UserChange(user, version: record.position.version, lease: nil)
        change.record = seal.vouch(
            for: UserRecord(rotation: nil, chain: history.head), of: user,
            with: record.position.sealKey ?? sealKey(after: nil))
        change.lines = history.lines
        let stored = try await explain { () throws(StoreError) in try await store.user(user) }
        for name in stored?.parts.keys ?? [:].keys { change.parts[name] = .some(nil) }
        do throws(StoreError) { try await store.commit(change) } catch { throw JournalError(error, at: store.place) }
        await store.scrub()
    }

    func explain<Value>(
        _ body: () async throws(StoreError) -> Value
    ) async throws(JournalError) -> Value {
        do throws(StoreError) { return try await body() } catch { throw JournalError(error, at: store.place) }
    }

    /// An error of what was read says where that is kept.
    func located<Value>(_ body: () throws(JournalError) -> Value) throws(JournalError) -> Value {
        do throws(JournalError) { return try body() } catch {
            throw JournalError(error.code, "\(store.place): \(error.description)")
        }
    }
}

extension JournalRecord {
    /// nil: the user was forgotten.
    init?(_ record: UserRecord, _ stored: StoredUser) {
        guard let rotation = record.rotation else { return nil }
        self.init(
            position: JournalPosition(
                version: stored.version, chain: record.chain, epoch: record.epoch, sealKey: record.sealKey),
            rotation: rotation,
            lease: stored.lease.flatMap(Lease.init))
    }
}

extension JournalError {
    /// What a store's error means for whoever works on a rotation.
    public init(_ error: StoreError, at place: String) {
        let code: Code =
            switch error.code {
            case .foreign: .foreign
            case .corrupt: .corrupt
            case .newer: .newer
            case .conflict: .overtaken
            case .unavailable: .unavailable
            case .unreachable, .uncertain: .unreachable
            case .denied: .denied
            }
        self.init(code, "\(place): \(error.description)")
    }
}

extension StoredLease {
    init(_ lease: Lease) { self.init(owner: lease.owner.text, milliseconds: lease.lasting.milliseconds) }
}

extension Lease {
    /// nil: it is none of keyturn's, and binds no one.
    init?(_ stored: StoredLease) {
        guard let owner = LeaseOwner(text: stored.owner) else { return nil }
        self.init(owner: owner, lasting: .milliseconds(stored.milliseconds))
    }
}
