internal import CSQLite
internal import StateStore

/// One connection to SQLite, for one thread at a time, and its statements, each compiled when it is first needed.
final class Connection {
    private let handle: OpaquePointer
    private var prepared = [Statement?](repeating: nil, count: Query.allCases.count)

    /// How long another process's writing is waited for.
    private static let patienceMilliseconds: Int32 = 10_000
    /// Between two tries at what SQLite does not wait with.
    private static let restMilliseconds: Int32 = 10

    /// - Parameter path: the file, which is made where there is none; `:memory:`: none.
    init(_ path: String) throws(StoreError) {
        var handle: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = sqlite3_open_v2(path, &handle, flags, nil)
        guard let handle else { throw StoreError(.unavailable, "SQLite has no memory") }
        guard code == SQLITE_OK else {
            defer { sqlite3_close(handle) }
            throw Self.error(code, handle)
        }
        sqlite3_busy_timeout(handle, Self.patienceMilliseconds)
        self.handle = handle
    }

    deinit {
        prepared = []
        sqlite3_close(handle)
    }

    /// A statement, compiled when it is first needed.
    func statement(_ query: Query) throws(StoreError) -> Statement {
        if let known = prepared[query.rawValue] { return known }
        let made = try prepare(query.sql)
        prepared[query.rawValue] = made
        return made
    }

    func prepare(_ sql: String) throws(StoreError) -> Statement { try Statement(sql, handle) }

    /// Runs several statements, which give no rows that are wanted.
    func execute(_ sql: String) throws(StoreError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw Self.error(code, handle) }
    }

    /// Runs what SQLite does not wait for others with, as it does with all else: it changes the file while it reads it.
    func executeWaiting(_ sql: String) throws(StoreError) {
        for _ in 0..<Self.patienceMilliseconds / Self.restMilliseconds {
            let code = sqlite3_exec(handle, sql, nil, nil, nil)
            guard code & 0xff == SQLITE_BUSY else {
                if code == SQLITE_OK { return }
                throw Self.error(code, handle)
            }
            sqlite3_sleep(Self.restMilliseconds)
        }
        throw Self.error(SQLITE_BUSY, handle)
    }

    /// One number, such as a pragma's.
    func number(_ sql: String) throws(StoreError) -> Int64 {
        var found: Int64 = 0
        try prepare(sql).run { row in found = row.number(0) }
        return found
    }

    /// The rows that the last statement changed.
    var changes: Int { Int(sqlite3_changes(handle)) }

    /// A transaction: all of it, or, where the body throws, nothing.
    func transact<Value>(
        _ begin: Query, _ body: () throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        try checkPlace()
        try statement(begin).run()
        do throws(StoreError) {
            let value = try body()
            try statement(.commit).run()
            return value
        } catch {
            // A failed COMMIT may have rolled back by itself.
            if sqlite3_get_autocommit(handle) == 0 { try statement(.rollback).run() }
            throw error
        }
    }

    /// A file that was moved, deleted or replaced is not the state any more: whoever opens its path works with another one, and two that
    /// do not know of each other would delete each other's keys.
    func checkPlace() throws(StoreError) {
        var hasMoved: Int32 = 0
        let code = sqlite3_file_control(handle, "main", SQLITE_FCNTL_HAS_MOVED, &hasMoved)
        // What is kept in memory has no place.
        guard code == SQLITE_OK, hasMoved != 0 else { return }
        throw StoreError(
            .unavailable,
            "the file was moved, deleted or replaced while keyturn used it: put it back where it was, or start keyturn again with the one that is there"
        )
    }

    static func error(_ code: Int32, _ handle: OpaquePointer) -> StoreError {
        let text = sqlite3_errmsg(handle).map { String(cString: $0) } ?? "SQLite error \(code)"
        return switch code & 0xff {
        case SQLITE_NOTADB: StoreError(.foreign, text)
        case SQLITE_CORRUPT: StoreError(.corrupt, text)
        default: StoreError(.unavailable, text)
        }
    }
}
