internal import GRDB

/// The layout of the state database, and how a file is recognised as one.
enum Schema {
    /// SQLite's `application_id`: "ktrn".
    static let application: Int32 = 0x6B74_726E
    /// SQLite's `user_version`: the version of this layout.
    static let version: Int32 = 3

    /// The layout of the file; nil: it is empty.
    static func layout(_ database: Database) throws -> Int32? {
        let application = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        let version = try Int32.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        if application == 0, version == 0, tables == 0 { return nil }
        guard application == Self.application else {
            throw JournalError(.foreign, "it is a SQLite database of another program")
        }
        guard version <= Self.version else {
            throw JournalError(.newer, "it has layout \(version), and this keyturn knows layouts up to \(Self.version)")
        }
        return version
    }

    /// Lays an empty file out.
    static func create(_ database: Database) throws {
        try database.execute(sql: tables)
        try database.execute(sql: historyTables)
        try database.execute(sql: toldTable)
        for addition in Rows.additions { try database.execute(sql: addition) }
        try database.execute(sql: "PRAGMA application_id = \(application)")
        try database.execute(sql: "PRAGMA user_version = \(version)")
    }

    /// As layout 1 had them; ``Rows/additions`` come on top. Times are milliseconds since 1970.
    private static let tables = """
        CREATE TABLE rotation (
            user TEXT PRIMARY KEY NOT NULL,
            version INTEGER NOT NULL,
            lease_owner TEXT, lease_until INTEGER,
            number INTEGER NOT NULL, phase TEXT NOT NULL, phase_since INTEGER NOT NULL,
            current_id TEXT, current_created INTEGER, current_status TEXT,
            next_id TEXT, next_created INTEGER, next_status TEXT,
            previous_id TEXT, previous_created INTEGER, previous_status TEXT,
            creations TEXT,
            answers INTEGER NOT NULL, failures INTEGER NOT NULL, retry_at INTEGER, is_requested INTEGER NOT NULL,
            revoked_id TEXT, revokes_at_once INTEGER NOT NULL,
            retained_id TEXT,
            problem_code TEXT, problem_message TEXT, problem_since INTEGER,
            sealed BLOB
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE delivery (
            user TEXT NOT NULL, target TEXT NOT NULL,
            state TEXT NOT NULL, evidence TEXT, attempts INTEGER NOT NULL, quick_tries INTEGER NOT NULL,
            at INTEGER, retry_at INTEGER, is_rate_limited INTEGER NOT NULL, detail TEXT,
            held_until INTEGER, may_be_torn INTEGER NOT NULL,
            PRIMARY KEY (user, target)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE seal_check (sealed BLOB NOT NULL) STRICT;
        """

    /// What notifications have told, as JSON.
    static let toldTable = """
        CREATE TABLE told (
            destination TEXT NOT NULL, user TEXT NOT NULL, told TEXT NOT NULL,
            PRIMARY KEY (destination, user)
        ) STRICT, WITHOUT ROWID;
        """

    /// The history is only ever added to, at each step of a rotation, and seldom read: no index, so that a step writes few
    /// pages. What `line_hash` is over stands at ``HistoryChain``. The triggers keep honest programs from mistakes; what
    /// others do is what the chain is for.
    static let historyTables = """
        CREATE TABLE history (
            id INTEGER PRIMARY KEY,
            at INTEGER NOT NULL, user TEXT NOT NULL, rotation INTEGER NOT NULL, kind TEXT NOT NULL,
            key_id TEXT, target TEXT, evidence TEXT, detail TEXT,
            author TEXT,
            line_hash BLOB NOT NULL
        ) STRICT;
        CREATE TABLE chain (
            only INTEGER PRIMARY KEY CHECK (only = 1),
            line INTEGER NOT NULL, line_hash BLOB NOT NULL,
            pruned_line INTEGER NOT NULL, pruned_hash BLOB NOT NULL,
            code BLOB NOT NULL
        ) STRICT;
        CREATE TRIGGER history_is_not_changed BEFORE UPDATE ON history
        BEGIN SELECT RAISE(ABORT, 'the history is only added to'); END;
        CREATE TRIGGER history_is_not_removed BEFORE DELETE ON history
        WHEN OLD.id > coalesce((SELECT pruned_line FROM chain), 0)
        BEGIN SELECT RAISE(ABORT, 'the history is only added to'); END;
        """
}
