internal import StateStore

/// The layout of the file, and how a file is recognised as one.
enum Schema {
    /// SQLite's `application_id`: "ktrn".
    static let application: Int64 = 0x6B74_726E
    /// SQLite's `user_version`: the version of this layout. Layouts up to 4 were never released.
    static let version: Int64 = 5

    /// Whether the file is empty.
    ///
    /// - Throws: where it is something else than a state of this layout.
    static func isMissing(_ connection: Connection) throws(StoreError) -> Bool {
        let application = try connection.number("PRAGMA application_id")
        let version = try connection.number("PRAGMA user_version")
        let tables = try connection.number("SELECT count(*) FROM sqlite_master")
        if application == 0, version == 0, tables == 0 { return true }
        guard application == Self.application else {
            throw StoreError(.foreign, "it is a SQLite database of another program")
        }
        guard version <= Self.version else {
            throw StoreError(.newer, "it has layout \(version), and this keyturn knows layout \(Self.version)")
        }
        guard version == Self.version else {
            throw StoreError(
                .foreign,
                "it has layout \(version), of a keyturn before the first release, which this one does not read. Let that one finish "
                    + "its rotations, move the file away and begin with a new one: a user with one key is taken over as it is"
            )
        }
        return false
    }

    /// Lays an empty file out. Contents are the journal's: JSON, apart from the sealed pair; times are milliseconds since 1970. The
    /// triggers keep honest programs from mistakes; what others do is what the chain of the history is for.
    static let tables = """
        CREATE TABLE user (
            name TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL,
            lease_owner TEXT, lease_until INTEGER, last_deleted_line INTEGER NOT NULL DEFAULT 0,
            record BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE part (
            user TEXT NOT NULL, name TEXT NOT NULL, content BLOB NOT NULL, PRIMARY KEY (user, name)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE line (
            user TEXT NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, content BLOB NOT NULL, PRIMARY KEY (user, number)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE document (
            name TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL, content BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER line_is_not_changed BEFORE UPDATE ON line
        BEGIN SELECT RAISE(ABORT, 'the history is only added to'); END;
        CREATE TRIGGER line_is_not_removed BEFORE DELETE ON line
        WHEN OLD.number > coalesce((SELECT last_deleted_line FROM user WHERE name = OLD.user), 0)
        BEGIN SELECT RAISE(ABORT, 'the history is only added to'); END;
        PRAGMA application_id = \(application);
        PRAGMA user_version = \(version);
        """
}
