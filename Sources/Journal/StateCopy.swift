internal import Rotation
internal import StateStore

/// Copies a state into another store, as bytes: what is sealed stays sealed, and every record and line is the same afterwards.
///
/// At no time are two states in use: the source is marked before anything is read, and the copy is marked as unfinished until
/// everything was compared. Whatever ends it, it goes on when it is begun again.
public struct StateCopy: Sendable {
    /// What was copied.
    public struct Report: Hashable, Sendable {
        /// How many users.
        public var users = 0
        /// How many lines of history, of all of them.
        public var lines = 0
        /// How many documents of other parts of keyturn.
        public var documents = 0
        /// The head over all users' histories, the same in both; nil: there are no lines.
        public var head: String?
    }

    /// Lines that are written at once, and their bytes: DynamoDB takes 4 MB.
    private static let linesAtOnce = 200
    private static let bytesAtOnce = 256 << 10
    /// Users that a commit of another process was faster at, before it is one that works there.
    private static let tries = 4

    private let source: StoredJournal
    private let target: StoredJournal

    /// - Parameters:
    ///   - source: opened with the seal keys.
    ///   - target: of an empty store, or of an unfinished copy; opened for looking.
    public init(from source: StoredJournal, to target: StoredJournal) { (self.source, self.target) = (source, target) }

    /// Copies.
    ///
    /// - Parameter lease: one that is asked for, by which others' are judged. None is taken.
    /// - Throws: `leased` where a process is at work on a user, which it names: the source is in use as before. `foreign` where the
    ///   target is not empty.
    public func run(asking lease: Lease) async throws(JournalError) -> Report {
        let identity = try await identify()
        let present = try await source.mark()?.mark
        if present?.kind == .unfinished { try await source.requireInUse() }
        if let present, present.place != target.store.place {
            throw JournalError(
                .moved,
                "\(source.store.place): it was copied to \(present.place) before. `keyturn state reopen` takes it back into use, if that copy is not"
            )
        }
        let verdict = try await close(lease, identity, wasMarked: present != nil)
        var report = Report()
        (report.lines, report.head) = (verdict.lines, verdict.head?.description)
        let users = try await source.explain { () throws(StoreError) in try await source.store.users() }
        for (name, user) in users.sorted(by: { $0.key < $1.key }) {
            try await copy(name, user)
            report.users += 1
        }
        report.documents = try await copyDocuments()
        try await compare(users, verdict)
        // The source first: between the two neither is in use.
        try await source.write(StateMark(kind: .copied, place: target.store.place, source: identity))
        try await target.write(nil as StateMark?)
        return report
    }

    /// A hash of the marker, which begins with a random nonce.
    private func identify() async throws(JournalError) -> String {
        guard let check = try await source.document(StoredJournal.sealCheck) else {
            throw JournalError(.unavailable, "\(source.store.place): there is nothing in it to copy")
        }
        return Hexadecimal.sha256(check)
    }

    /// Marks the target as unfinished, if it is empty or an unfinished copy of this source.
    private func begin(_ identity: String) async throws(JournalError) {
        let mark = StateMark(kind: .unfinished, place: source.store.place, source: identity)
        if let present = try await target.mark()?.mark {
            guard present.kind == .unfinished, present.source == identity else {
                throw JournalError(
                    .foreign,
                    "\(target.store.place): it is \(present.kind == .unfinished ? "an unfinished copy of another state, \(present.place)" : "a state that was copied itself"); nothing was changed"
                )
            }
            return
        }
        let versions = try await target.explain { () throws(StoreError) in try await target.store.versions() }
        let documents = try await target.explain { () throws(StoreError) in try await target.store.documents("") }
        guard versions.isEmpty, documents.isEmpty else {
            throw JournalError(
                .foreign,
                "\(target.store.place): it is not empty, and a state is not copied over another one; nothing was changed"
            )
        }
        try await target.write(mark)
    }

    private func verified(_ journal: StoredJournal) async throws(JournalError) -> HistoryVerdict {
        let verdict = try await journal.verifyHistory(holding: nil)
        guard verdict.faults.isEmpty else {
            throw JournalError(
                .corrupt,
                "\(journal.store.place): the history does not hold (`keyturn history verify` says more), so it is not copied: a copy would hide what was done to it"
            )
        }
        return verdict
    }

    /// Marks the source, and sees to it that no process is at work there or begins to be.
    ///
    /// - Returns: what its history is, now that nothing is added to it.
    private func close(
        _ lease: Lease, _ identity: String, wasMarked: Bool
    ) async throws(JournalError) -> HistoryVerdict {
        if !wasMarked {
            try await source.write(StateMark(kind: .copying, place: target.store.place, source: identity))
        }
        do throws(JournalError) {
            let names = try await source.explain { () throws(StoreError) in try await source.store.versions() }.keys
            for name in names.sorted() { try await close(name, lease) }
            let verdict = try await verified(source)
            try await begin(identity)
            return verdict
        } catch {
            // It is in use as before. Where that cannot be written either, workers say what to do.
            if !wasMarked { try await source.write(nil as StateMark?) }
            throw error
        }
    }

    /// Whoever read the user before the state was marked must not find the version that was read.
    private func close(_ name: String, _ lease: Lease) async throws(JournalError) {
        for _ in 0..<Self.tries {
            let found = try await source.explain { () throws(StoreError) in try await source.store.user(name) }
            guard let found else { return }
            if let held = found.lease.flatMap(Lease.init), held.binds(lease) {
                throw JournalError(
                    .leased,
                    "\(source.store.place): \(held.owner) is at work on \(name). Stop the workers of this state, and copy again. Nothing was changed"
                )
            }
            do throws(StoreError) {
                try await source.store.commit(UserChange(name, version: found.version, lease: nil))
                source.disregard(name)
                return
            } catch { if error.code != .conflict { throw JournalError(error, at: source.store.place) } }
        }
        throw JournalError(.leased, "\(source.store.place): another process is at work on \(name)")
    }

    private func copy(_ name: String, _ user: StoredUser) async throws(JournalError) {
        let found = try await target.explain { () throws(StoreError) in try await target.store.user(name) }
        var version = found?.version ?? 0
        if found?.record != user.record || found?.parts != user.parts {
            var change = UserChange(name, version: version, lease: nil, record: user.record)
            for part in found?.parts.keys ?? [:].keys { change.parts[part] = .some(nil) }
            for (part, content) in user.parts { change.parts[part] = content }
            try await commit(change)
            version += 1
        }
        let newest = LineQuery.newest(user: name, before: nil, since: nil, until: nil, limit: 1)
        let last = try await target.explain { () throws(StoreError) in try await target.store.lines(newest) }.first
        var number = last?.number ?? 0
        while true {
            let query = LineQuery.following(user: name, number: number, limit: Self.linesAtOnce)
            let lines = try await source.explain { () throws(StoreError) in try await source.store.lines(query) }
            guard !lines.isEmpty else { return }
            var (part, bytes) = ([StoredLine](), 0)
            for line in lines {
                bytes += line.content.count
                guard part.isEmpty || bytes <= Self.bytesAtOnce else { break }
                part.append(line)
            }
            var change = UserChange(name, version: version, lease: nil)
            change.lines = part
            try await commit(change)
            version += 1
            number = part[part.count - 1].number
        }
    }

    private func commit(_ change: UserChange) async throws(JournalError) {
        do throws(StoreError) { try await target.store.commit(change) } catch {
            throw JournalError(error, at: target.store.place)
        }
    }

    /// Documents that belong to a state, wherever it is kept. Those of workers and of a server's switches do not.
    private func documents(of journal: StoredJournal) async throws(JournalError) -> [String: StoredDocument] {
        try await journal.explain { () throws(StoreError) in try await journal.store.documents("") }.filter { name, _ in
            ![StateMark.name, StoredJournal.epochName].contains(name) && !name.hasPrefix(StoredJournal.workers)
        }
    }

    private func copyDocuments() async throws(JournalError) -> Int {
        let (from, found) = (try await documents(of: source), try await documents(of: target))
        for (name, document) in found where from[name] == nil {
            try await write(nil, to: name, document.version)
        }
        for (name, document) in from.sorted(by: { $0.key < $1.key }) where found[name]?.content != document.content {
            try await write(document.content, to: name, found[name]?.version ?? 0)
        }
        return from.count
    }

    private func write(_ content: [UInt8]?, to name: String, _ version: Int64) async throws(JournalError) {
        do throws(StoreError) { try await target.store.write(content, to: name, version: version) } catch {
            throw JournalError(error, at: target.store.place)
        }
    }

    /// Everything is read once more, from both.
    private func compare(_ users: [String: StoredUser], _ verdict: HistoryVerdict) async throws(JournalError) {
        func differs(_ what: String) -> JournalError {
            JournalError(
                .corrupt,
                "\(target.store.place): \(what) differs from that in \(source.store.place). The copy is not used: empty it, and copy again"
            )
        }
        let now = try await source.explain { () throws(StoreError) in try await source.store.users() }
        guard now == users else {
            throw JournalError(
                .leased,
                "\(source.store.place): another process has worked there meanwhile: run `keyturn state copy` again")
        }
        let copied = try await target.explain { () throws(StoreError) in try await target.store.users() }
        guard Set(copied.keys) == Set(users.keys) else { throw differs("the list of users") }
        for (name, user) in users where copied[name]?.record != user.record || copied[name]?.parts != user.parts {
            throw differs("what is kept of \(name)")
        }
        guard try await documents(of: target).mapValues(\.content) == documents(of: source).mapValues(\.content) else {
            throw differs("a document")
        }
        let other = try await StoredJournal(target.store, seal: source.seal).verifyHistory(
            holding: verdict.head)
        guard other.faults.isEmpty, other.head == verdict.head, other.lines == verdict.lines else {
            throw differs("the history")
        }
    }
}
