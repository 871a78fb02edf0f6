internal import GRDB
internal import GRDBSQLite
internal import Rotation

/// What a column holds.
enum Cell: Equatable {
    case null
    case number(Int64)
    case text(String)
    case bytes([UInt8])

    init(_ text: String?) { self = text.map { .text($0) } ?? .null }
    init(_ moment: Timestamp?) { self = moment.map { .number($0.milliseconds) } ?? .null }
    init(_ number: Int) { self = .number(Int64(number)) }
    init(_ flag: Bool) { self = .number(flag ? 1 : 0) }
}

/// One statement, compiled once, bound and read by SQLite's own functions.
///
/// GRDB opens the database and lets one thread in at a time. Its arguments and rows are made for comfort, and cost several
/// times what SQLite does for them; a journal writes at every step.
final class PreparedStatement {
    private let connection: OpaquePointer
    private let handle: OpaquePointer
    /// SQLite keeps what was bound; most of a rotation stays as it is from step to step.
    private var bound: [Cell] = []

    init(_ sql: String, _ database: Database) throws {
        guard let connection = database.sqliteConnection else { throw DatabaseError(resultCode: .SQLITE_MISUSE) }
        var handle: OpaquePointer?
        let code = sqlite3_prepare_v3(connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
        guard code == SQLITE_OK, let handle else { throw Self.error(code, connection) }
        self.connection = connection
        self.handle = handle
    }

    deinit { sqlite3_finalize(handle) }

    /// Executes, with these values for the question marks.
    ///
    /// - Parameter read: is given each row, to be read before it returns.
    func run(_ values: [Cell] = [], read: (PreparedStatement) throws -> Void = { _ in }) throws {
        // A value that was not bound would be the one of the last time.
        precondition(values.count == Int(sqlite3_bind_parameter_count(handle)))
        defer { sqlite3_reset(handle) }
        let known = bound
        bound = []
        for (index, value) in values.enumerated() where index >= known.count || known[index] != value {
            let code = bind(value, Int32(index + 1))
            guard code == SQLITE_OK else { throw Self.error(code, connection) }
        }
        bound = values
        while true {
            switch sqlite3_step(handle) {
            case SQLITE_ROW: try read(self)
            case SQLITE_DONE: return
            case let code: throw Self.error(code, connection)
            }
        }
    }

    private func bind(_ value: Cell, _ place: Int32) -> Int32 {
        // SQLite takes a copy.
        let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        switch value {
        case .null: return sqlite3_bind_null(handle, place)
        case .number(let number): return sqlite3_bind_int64(handle, place, number)
        case .bytes(let bytes): return sqlite3_bind_blob(handle, place, bytes, Int32(bytes.count), copied)
        // Of an empty buffer the address may be nil, which would be NULL.
        case .text(""): return sqlite3_bind_text(handle, place, "", 0, copied)
        case .text(var text):
            return text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) { characters in
                    sqlite3_bind_text(handle, place, characters.baseAddress, Int32(characters.count), copied)
                }
            }
        }
    }

    /// The number in a column of this row; nil: NULL.
    func number(_ column: Int) -> Int64? {
        let column = Int32(column)
        return sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : sqlite3_column_int64(handle, column)
    }

    /// The text in a column of this row; nil: NULL.
    func text(_ column: Int) -> String? {
        guard let start = sqlite3_column_text(handle, Int32(column)) else { return nil }
        let count = Int(sqlite3_column_bytes(handle, Int32(column)))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    /// The bytes in a column of this row; nil: NULL.
    func bytes(_ column: Int) -> [UInt8]? {
        guard let start = sqlite3_column_blob(handle, Int32(column)) else { return nil }
        let count = Int(sqlite3_column_bytes(handle, Int32(column)))
        return Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    private static func error(_ code: Int32, _ connection: OpaquePointer) -> DatabaseError {
        DatabaseError(
            resultCode: ResultCode(rawValue: code), message: sqlite3_errmsg(connection).map { String(cString: $0) })
    }
}
