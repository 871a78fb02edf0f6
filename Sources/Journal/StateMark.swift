internal import FoundationEssentials
internal import Secrets
internal import StateStore

/// What a state says of itself that was copied, or that is a copy: a document. A state without it is in use.
struct StateMark: Hashable, Codable {
    /// What the names of documents about the state as a whole begin with: they are read at once.
    static let names = "state\n"
    /// Its name.
    static let name = names + "copy"
    /// The name of another one: that an older backup was put back. What it says is random.
    static let restored = names + "restored"

    /// What the state is.
    enum Kind: String, Codable {
        /// It is being copied elsewhere.
        case copying
        /// It was copied elsewhere, and the copy is the one in use.
        case copied
        /// It is a copy that is not finished.
        case unfinished
    }

    /// What the state is.
    var kind: Kind
    /// The other state: where to, or where from.
    var place: String
    /// Distinguishes the state that is copied from others: a hash of its marker, which is random.
    var source: String
}

extension StoredJournal {
    /// Refuses where the state was copied elsewhere, or is a copy that is not finished.
    ///
    /// To be asked after a user was read, and before it is written: who copies marks the state first, and then changes the version of
    /// each user, so of a worker that asked too early the commit fails.
    public func requireInUse() async throws(JournalError) { _ = try await stateInUse() }

    /// The same.
    ///
    /// - Returns: what was said when an older backup was put back; nil: none was.
    func stateInUse() async throws(JournalError) -> String? {
        let names = StateMark.names
        let found = try await explain { () throws(StoreError) in try await store.documents(names) }
        if let content = found[StateMark.name]?.content {
            let mark = try located { () throws(JournalError) in try Coding.read(StateMark.self, content) }
            throw refusal(mark)
        }
        return found[StateMark.restored].map { String(decoding: $0.content, as: UTF8.self) }
    }

    private func refusal(_ mark: StateMark) -> JournalError {
        let words =
            switch mark.kind {
            case .copying:
                "it is being copied to \(mark.place). Wait for `keyturn state copy` to end, or run it again; `keyturn state reopen` takes this state back into use"
            case .copied:
                "it was copied to \(mark.place), which is in use now: name that one in `state`. If it is not in use, `keyturn state reopen` takes this state back into use"
            case .unfinished:
                "it is an unfinished copy of \(mark.place): run `keyturn state copy` there again"
            }
        return JournalError(.moved, "\(store.place): \(words)")
    }

    /// Says that an older backup of the state was put back: what was written after it was made is not known.
    public func noteRestoration() async throws(JournalError) {
        try await requireInUse()
        let id = Seal.makeKey().withBytes { Hexadecimal.text(Array($0.prefix(8))) }
        try await update(StateMark.restored) { _ in Array(id.utf8) }
    }

    func mark() async throws(JournalError) -> (mark: StateMark, version: Int64)? {
        let name = StateMark.name
        guard let found = try await explain({ () throws(StoreError) in try await store.documents(name) })[name] else {
            return nil
        }
        let mark = try located { () throws(JournalError) in try Coding.read(StateMark.self, found.content) }
        return (mark, found.version)
    }

    /// - Parameter mark: nil: there is to be none.
    func write(_ mark: StateMark?) async throws(JournalError) {
        let present = try await self.mark()
        guard present?.mark != mark else { return }
        do throws(StoreError) {
            try await store.write(mark.map(Coding.json), to: StateMark.name, version: present?.version ?? 0)
        } catch { throw JournalError(error, at: store.place) }
    }

    /// Takes a state back into use that was copied elsewhere.
    ///
    /// - Returns: where it had been copied to; nil: it was in use all the time.
    /// - Throws: `moved` where it is an unfinished copy: it does not have everything.
    public func reopen() async throws(JournalError) -> String? {
        guard let present = try await mark() else { return nil }
        if present.mark.kind == .unfinished { try await requireInUse() }
        try await write(nil as StateMark?)
        return present.mark.place
    }
}
