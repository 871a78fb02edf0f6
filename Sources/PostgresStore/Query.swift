/// Every statement on users, lines and documents. Each is a transaction of its own, all or nothing, in one round trip, and needs no session
/// of its own: it goes through a pooler that gives every transaction another one.
enum Query {
    private static let left = "(extract(epoch FROM lease_until - clock_timestamp()) * 1000)::bigint"

    /// $1: the user. One row of the user itself (0), and one of each of its parts (1).
    static let user = users(" WHERE name = $1", " WHERE user_name = $1")
    static let users = users("", "")

    private static func users(_ one: String, _ ofOne: String) -> String {
        """
        SELECT 0::bigint, name, version, lease_owner, \(left), record, NULL::bytea FROM keyturn.users\(one)
        UNION ALL
        SELECT 1::bigint, user_name, NULL, NULL, NULL, content, name FROM keyturn.parts\(ofOne)
        """
    }

    static let versions = "SELECT name, version FROM keyturn.users"

    /// The number of the timeline, which changes when a standby becomes the primary, or an old base backup goes on. PostgreSQL's manual,
    /// "Continuous Archiving", "Timelines"; the first eight digits of a WAL file's name are its timeline.
    static let timeline = "substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)"

    /// $1 user, $2 expected version, $3 record or NULL, $4 owner, $5 milliseconds, $6 last deleted line or NULL, $7 write id, $8 names of
    /// parts to delete, $9 and $10 names and contents of parts to write, $11 to $13 numbers, times and contents of lines.
    static let change = commit(
        """
        UPDATE keyturn.users SET version = version + 1, record = coalesce($3, record), lease_owner = $4,
            lease_until = clock_timestamp() + $5 * interval '1 millisecond',
            last_deleted_line = greatest(last_deleted_line, $6), write_id = $7
        WHERE name = $1 AND version = $2 RETURNING name
        """)

    /// The same for a user of which nothing is kept yet: $2 is 0.
    static let create = commit(
        """
        INSERT INTO keyturn.users (name, version, record, lease_owner, lease_until, last_deleted_line, write_id)
        VALUES ($1, $2 + 1, coalesce($3, ''::bytea), $4, clock_timestamp() + $5 * interval '1 millisecond', coalesce($6, 0), $7)
        ON CONFLICT (name) DO NOTHING RETURNING name
        """)

    private static func commit(_ set: String) -> String {
        let typed = [
            "$1": "bytea", "$2": "bigint", "$3": "bytea", "$4": "text", "$5": "bigint", "$6": "bigint", "$7": "bytea",
        ]
        var set = set
        for (place, type) in typed { set = set.replacing(place, with: "\(place)::\(type)") }
        return """
            WITH changed AS (\(set)),
            deleted AS (
                DELETE FROM keyturn.parts USING changed WHERE parts.user_name = changed.name
                    AND parts.name IN (SELECT decode(name, 'hex') FROM unnest($8::text[]) AS gone (name))),
            written AS (
                INSERT INTO keyturn.parts (user_name, name, content)
                SELECT changed.name, decode(part.name, 'hex'), decode(part.content, 'hex')
                FROM changed, unnest($9::text[], $10::text[]) AS part (name, content)
                ON CONFLICT (user_name, name) DO UPDATE SET content = excluded.content),
            pruned AS (
                DELETE FROM keyturn.lines USING changed
                WHERE lines.user_name = changed.name AND lines.number <= $6::bigint),
            added AS (
                INSERT INTO keyturn.lines (user_name, number, at, content)
                SELECT changed.name, line.number, line.at, decode(line.content, 'hex')
                FROM changed, unnest($11::bigint[], $12::bigint[], $13::text[]) AS line (number, at, content))
            SELECT count(*) FROM changed
            """
    }

    /// $1 user, $2 write id: whether the last commit was that one.
    static let isLastWrite =
        "SELECT count(*) FROM keyturn.users WHERE name = $1::bytea AND write_id = $2::bytea"

    private static let line = "SELECT user_name, number, at, content FROM keyturn.lines WHERE"
    static let linesAfter = "\(line) user_name = $1::bytea AND number > $2::bigint ORDER BY number LIMIT $3::bigint"
    /// Times of one user's lines never go back.
    static let linesOfUser = """
        \(line) user_name = $1::bytea AND number < $2::bigint AND at >= $3::bigint AND at < $4::bigint
        ORDER BY number DESC LIMIT $5::bigint
        """
    static let lines = """
        \(line) (at, user_name, number) < ($1::bigint, $2::bytea, $3::bigint) AND at >= $4::bigint AND at < $5::bigint
        ORDER BY at DESC, user_name DESC, number DESC LIMIT $6::bigint
        """

    /// $1: how the names begin.
    static let documents = """
        SELECT name, version, (extract(epoch FROM clock_timestamp() - at) * 1000)::bigint, content FROM keyturn.documents
        WHERE substring(name FROM 1 FOR length($1::bytea)) = $1::bytea
        """
    /// $1 name, $2 content, $3 write id.
    static let insertDocument = """
        INSERT INTO keyturn.documents (name, content, write_id, version, at)
        VALUES ($1::bytea, $2::bytea, $3::bytea, 1, clock_timestamp()) ON CONFLICT (name) DO NOTHING RETURNING version
        """
    /// The same, and $4: the expected version.
    static let updateDocument = """
        UPDATE keyturn.documents SET content = $2::bytea, write_id = $3::bytea, version = version + 1, at = clock_timestamp()
        WHERE name = $1::bytea AND version = $4::bigint RETURNING version
        """
    /// $1 name, $2 expected version.
    static let deleteDocument =
        "DELETE FROM keyturn.documents WHERE name = $1::bytea AND version = $2::bigint RETURNING version"
    /// $1 name: its last write, if it is there.
    static let documentWrite = "SELECT write_id FROM keyturn.documents WHERE name = $1::bytea"

    /// What may lose commits that the server has confirmed.
    static let time = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"
    static let safety = """
        SELECT current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),
            current_setting('synchronous_standby_names')
        """
}
