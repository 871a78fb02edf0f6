internal import Journal
internal import Rotation
internal import Secrets

/// Times what is written, and synced to disk, before anything is done.
struct TimedJournal: Journal {
    let journal: any Journal
    let timings: Timings

    func record(of user: String) throws(JournalError) -> JournalRecord? { try journal.record(of: user) }

    func records() throws(JournalError) -> [String: JournalRecord] { try journal.records() }

    func acquire(
        _ user: String, lease: Lease, at now: Timestamp
    ) throws(JournalError) -> (record: JournalRecord, pair: KeyPair?) {
        let end = timings.begin("journal: acquire")
        defer { end() }
        return try journal.acquire(user, lease: lease, at: now)
    }

    func release(_ user: String, lease: Lease) throws(JournalError) { try journal.release(user, lease: lease) }

    func commit(_ entry: JournalEntry) throws(JournalError) -> Int64 {
        let end = timings.begin("journal: commit")
        defer { end() }
        return try journal.commit(entry)
    }

    func pendingPair(of user: String) throws(JournalError) -> KeyPair? { try journal.pendingPair(of: user) }

    func history(_ filter: HistoryFilter) throws(JournalError) -> [HistoryLine] { try journal.history(filter) }
}
