internal import CSQLite
internal import StateStore

/// A compiled statement.
final class Statement {
    /// What is bound to a place.
    enum Value {
        case null
        case number(Int64)
        case text(String)
        case bytes([UInt8])
    }

    private let handle: OpaquePointer
    private let connection: OpaquePointer

    init(_ sql: String, _ connection: OpaquePointer) throws(StoreError) {
        var handle: OpaquePointer?
        let code = sqlite3_prepare_v3(connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
        guard code == SQLITE_OK, let handle else { throw Connection.error(code, connection) }
        (self.handle, self.connection) = (handle, connection)
    }

    deinit { sqlite3_finalize(handle) }

    /// Runs it from its beginning to its end.
    func run(_ values: [Value] = [], _ read: (Statement) -> Void = { _ in }) throws(StoreError) {
        // A value that was not bound would be the one of the last time.
        precondition(values.count == Int(sqlite3_bind_parameter_count(handle)))
        defer {
            sqlite3_reset(handle)
            // What was bound may be a sealed pair.
            sqlite3_clear_bindings(handle)
        }
        for (index, value) in values.enumerated() {
            let code = bind(value, Int32(index + 1))
            guard code == SQLITE_OK else { throw Connection.error(code, connection) }
        }
        while true {
            switch sqlite3_step(handle) {
            case SQLITE_ROW: read(self)
            case SQLITE_DONE: return
            case let code: throw Connection.error(code, connection)
            }
        }
    }

    private func bind(_ value: Value, _ place: Int32) -> Int32 {
        switch value {
        case .null: return sqlite3_bind_null(handle, place)
        case .number(let number): return sqlite3_bind_int64(handle, place, number)
        // Of an empty buffer the address may be nil, which would be NULL.
        case .bytes([]): return sqlite3_bind_zeroblob(handle, place, 0)
        case .bytes(let bytes):
            return sqlite3_bind_blob64(handle, place, bytes, UInt64(bytes.count), keyturn_sqlite_copies())
        case .text(let text):
            return sqlite3_bind_text(handle, place, text, Int32(text.utf8.count), keyturn_sqlite_copies())
        }
    }

    /// The number in a column of this row; 0: NULL.
    func number(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    /// The text in a column of this row; nil: NULL.
    func text(_ column: Int32) -> String? {
        guard let start = sqlite3_column_text(handle, column) else { return nil }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    /// The bytes in a column of this row; empty: NULL.
    func bytes(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(handle, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }
}
