internal import Journal
internal import Rotation
internal import Secrets

/// Times what is written, and synced to disk, before anything is done.
struct TimedJournal: Journal {
    let journal: any Journal
    let timings: Timings

    func records() async throws(JournalError) -> [String: JournalRecord] { try await journal.records() }

    func acquire(
        _ user: String, lease: Lease, at now: Timestamp
    ) async throws(JournalError) -> (record: JournalRecord, pair: KeyPair?) {
        let end = timings.begin("journal: acquire")
        defer { end() }
        return try await journal.acquire(user, lease: lease, at: now)
    }

    func release(_ user: String, at position: JournalPosition) async throws(JournalError) {
        try await journal.release(user, at: position)
    }

    func commit(_ entry: JournalEntry) async throws(JournalError) -> JournalPosition {
        let end = timings.begin("journal: commit")
        defer { end() }
        return try await journal.commit(entry)
    }
}
