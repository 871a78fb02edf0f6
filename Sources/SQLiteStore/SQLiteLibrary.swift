internal import CSQLite

/// The library that keeps the embedded state.
public enum SQLiteLibrary {
    /// `3.40.1`, as it is linked at this moment.
    public static var version: String { String(cString: sqlite3_libversion()) }
}
