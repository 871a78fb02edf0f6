internal import CPostgres

/// The library that speaks to PostgreSQL.
public enum PostgresLibrary {
    /// `15.10`, as it is linked at this moment.
    public static var version: String { "\(PQlibVersion() / 10_000).\(PQlibVersion() % 10_000)" }
}
