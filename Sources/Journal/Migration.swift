internal import GRDB
internal import Rotation

/// A state of an older layout that was brought to the present one.
public struct Migration: Hashable, Sendable {
    /// The layout that it had.
    public var from: Int
    /// The layout that it has.
    public var to: Int
    /// The copy of it as it was.
    public var backup: String

    /// Brings a state to the present layout, all or nothing.
    ///
    /// - Returns: nil where another process has just done so.
    /// - Throws: `leased` while another living process works on the state: it knows the older layout only.
    static func run(
        _ queue: DatabaseQueue, _ path: String, _ history: HistoryTable, at now: Timestamp
    ) throws -> Migration? {
        try queue.writeWithoutTransaction { database in
            var migration: Migration?
            // Nobody else can write from the copy to the end.
            try database.inTransaction(.immediate) {
                guard let layout = try Schema.layout(database), layout < Schema.version else { return .rollback }
                try refuseWhileOthersWork(database, at: now)
                let backup = try StateBackup.make(of: path, layout: layout, at: now)
                if layout < 2 {
                    try chainHistory(database, history, at: now)
                    try database.execute(sql: Schema.toldTable)
                }
                // Layout 3: what targets were seen to hold, and keys that were deleted.
                for addition in Rows.additions { try database.execute(sql: addition) }
                try database.execute(sql: "PRAGMA user_version = \(Schema.version)")
                migration = Migration(from: Int(layout), to: Int(Schema.version), backup: backup)
                return .commit
            }
            return migration
        }
    }

    private static func refuseWhileOthersWork(_ database: Database, at now: Timestamp) throws {
        let own = Lease(owner: .current, until: now + .seconds(60))
        let rows = try Row.fetchAll(
            database, sql: "SELECT lease_owner, lease_until FROM rotation WHERE lease_owner IS NOT NULL")
        for row in rows {
            guard let owner = (row[0] as String?).flatMap(LeaseOwner.init(text:)) else { continue }
            let lease = Lease(owner: owner, until: Timestamp(milliseconds: row[1] ?? 0))
            guard lease.binds(own, at: now) else { continue }
            throw JournalError(
                .leased,
                "its layout is an older one, and an older keyturn (\(owner)) is at work on it; stop that one, and try again"
            )
        }
    }

    /// Layout 2: each line of history carries a hash, and who wrote it.
    private static func chainHistory(_ database: Database, _ history: HistoryTable, at now: Timestamp) throws {
        try database.execute(sql: "ALTER TABLE history RENAME TO history_1")
        try database.execute(sql: Schema.historyTables)
        try history.begin(database)
        let count = try history.adopt("history_1", database)
        try database.execute(sql: "DROP TABLE history_1")
        let note = Note(
            .historyChained,
            detail: "\(count) lines from before, of which nobody can tell what became of them until now")
        try history.append(HistoryTable.Addition(at: now, notes: [note]), database)
    }
}
