internal import Journal
internal import Rotation
internal import Secrets
internal import Synchronization

/// The real journal, whose commits can be made to fail, and which knows what was committed last.
final class FaultyJournal: Journal {
    /// What happens to the next commit.
    enum Fault { case none, refused, writtenButReported }

    struct State {
        var fault = Fault.none
        /// The rotation of the last commit that was written.
        var committed: Rotation?
        /// What was written of it since someone asked.
        var notes: [(note: HistoryEvent, previous: AccessKeyID?)] = []
        /// The key whose sealed pair is kept.
        var sealed: AccessKeyID?
    }

    private let journal: StoredJournal
    private let state = Mutex(State())

    init(_ journal: StoredJournal) { self.journal = journal }

    var committed: Rotation? { state.withLock { $0.committed } }
    var sealed: AccessKeyID? { state.withLock { $0.sealed } }

    /// What was written since the last time, whoever heard of it.
    func takeNotes() -> [(note: HistoryEvent, previous: AccessKeyID?)] {
        state.withLock { state in
            defer { state.notes = [] }
            return state.notes
        }
    }

    func failNextCommit(_ fault: Fault) { state.withLock { $0.fault = fault } }

    func commit(_ entry: JournalEntry) async throws(JournalError) -> JournalPosition {
        let fault = state.withLock { state in
            defer { state.fault = .none }
            return state.fault
        }
        if fault == .refused { throw JournalError(.unavailable, "the disk is full") }
        let position = try await journal.commit(entry)
        state.withLock { state in
            state.committed = entry.rotation
            state.notes += entry.transition.notes.map { ($0, entry.rotation.previous?.id) }
            switch entry.pair {
            case .keep: break
            case .seal(let pair): state.sealed = pair.id
            case .wipe: state.sealed = nil
            }
        }
        if fault == .writtenButReported { throw JournalError(.unavailable, "the disk went away") }
        return position
    }

    func records() async throws(JournalError) -> [String: JournalRecord] { try await journal.records() }
    func release(_ user: String, at position: JournalPosition) async throws(JournalError) {
        try await journal.release(user, at: position)
    }

    func acquire(
        _ user: String, lease: Lease, at now: Timestamp
    ) async throws(JournalError) -> (record: JournalRecord, pair: KeyPair?) {
        try await journal.acquire(user, lease: lease, at: now)
    }
}
