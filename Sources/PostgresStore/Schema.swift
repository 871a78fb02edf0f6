/// The layout of the tables, and how it comes there.
///
/// All names are qualified, since a pooler may give each statement another session. Names of users, parts and documents are `bytea`: they
/// hold any character whatever the database's encoding, and are ordered by their bytes.
enum Schema {
    /// The layout that this keyturn makes. The oldest one that it works with is the same, there being no other.
    static let layout: Int64 = 1
    /// Two programs that make it at the same moment would be in each other's way: pg_advisory_xact_lock's key, "ktrn".
    static let lock: Int64 = 0x6B74_726E

    /// Whether there is one, before its number can be asked for. Not by to_regclass(), which goes by what the session has cached: after the
    /// wait for another one that makes it, that is out of date.
    static let isThere = """
        SELECT count(*) FROM pg_catalog.pg_class AS class JOIN pg_catalog.pg_namespace AS space ON class.relnamespace = space.oid
        WHERE space.nspname = 'keyturn' AND class.relname = 'layout'
        """
    /// Its number, and the lowest number that a program must know to work with it.
    static let numbers = "SELECT number::bigint, lowest::bigint FROM keyturn.layout"

    /// Makes it, in one transaction.
    static let statements = [
        "CREATE SCHEMA IF NOT EXISTS keyturn",
        "CREATE TABLE keyturn.layout (number bigint NOT NULL, lowest bigint NOT NULL)",
        "INSERT INTO keyturn.layout (number, lowest) VALUES (\(layout), \(layout))",
        """
        CREATE TABLE keyturn.users (
            name bytea PRIMARY KEY, version bigint NOT NULL, lease_owner text, lease_until timestamptz,
            last_deleted_line bigint NOT NULL DEFAULT 0, write_id bytea NOT NULL, record bytea NOT NULL
        )
        """,
        """
        CREATE TABLE keyturn.parts (
            user_name bytea NOT NULL, name bytea NOT NULL, content bytea NOT NULL, PRIMARY KEY (user_name, name)
        )
        """,
        """
        CREATE TABLE keyturn.lines (
            user_name bytea NOT NULL, number bigint NOT NULL, at bigint NOT NULL, content bytea NOT NULL,
            PRIMARY KEY (user_name, number)
        )
        """,
        "CREATE INDEX lines_by_time ON keyturn.lines (at, user_name, number)",
        """
        CREATE TABLE keyturn.documents (
            name bytea PRIMARY KEY, version bigint NOT NULL, at timestamptz NOT NULL, write_id bytea NOT NULL,
            content bytea NOT NULL
        )
        """,
        // It keeps honest programs from mistakes; what others do is what the chain of the history is for.
        """
        CREATE FUNCTION keyturn.lines_are_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' AND OLD.number <= coalesce(
                (SELECT last_deleted_line FROM keyturn.users WHERE name = OLD.user_name), 0)
            THEN RETURN OLD; END IF;
            RAISE EXCEPTION 'the history is only added to';
        END $$
        """,
        """
        CREATE TRIGGER lines_are_only_added BEFORE UPDATE OR DELETE ON keyturn.lines
        FOR EACH ROW EXECUTE FUNCTION keyturn.lines_are_only_added()
        """,
    ]
}
