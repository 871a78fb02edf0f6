internal import Glibc
public import StateStore
internal import Synchronization

/// A state in one SQLite file: WAL, `synchronous=FULL`, deleted content overwritten.
public actor SQLiteStore: StateStore {
    /// The file.
    public nonisolated let place: String
    /// No: its locks are those of one machine.
    public nonisolated let isShared = false
    let connection: Connection
    let now: @Sendable () -> Int64
    /// Changes that go into the next transaction.
    var waiting: [WaitingCommit] = []
    /// How many have been asked for and are in no transaction yet: those that wait, and those on their way here.
    nonisolated let asked = Mutex(0)

    /// Opens a file, and makes it where there is none.
    ///
    /// - Parameters:
    ///   - path: the file; its directory must be there. nil: in memory, for trying things and for a state that is not there.
    ///   - now: the clock of leases, in milliseconds since 1970: the machine's, which all who use a file share.
    public init(path: String?, now: @escaping @Sendable () -> Int64 = SQLiteStore.wallClock) throws(StoreError) {
        place = path ?? "memory"
        self.now = now
        connection = try Connection(path ?? ":memory:")
        let connection = connection
        // Before anything is changed: WAL would be written into another program's file. In one reading: another process may be laying
        // the file out.
        _ = try connection.transact(.beginReading) { () throws(StoreError) in try Schema.isMissing(connection) }
        try connection.executeWaiting("PRAGMA journal_mode = WAL")
        try connection.execute("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON")
        try connection.transact(.beginWriting) { () throws(StoreError) in
            if try Schema.isMissing(connection) { try connection.execute(Schema.tables) }
        }
    }

    /// The machine's clock, in milliseconds since 1970.
    public static let wallClock: @Sendable () -> Int64 = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Nothing.
    public func concern() -> String? { nil }

    /// None: what it has confirmed is on the disk.
    public func epoch() -> String? { nil }

    /// This machine's own.
    public func time() -> Int64? { nil }

    /// What is kept of a user.
    public func user(_ name: String) throws(StoreError) -> StoredUser? {
        let (connection, now) = (connection, now())
        return try connection.transact(.beginReading) { () throws(StoreError) in
            var found: StoredUser?
            try connection.statement(.user).run([.text(name)]) { row in
                found = Self.user(row, now)
            }
            guard found != nil else { return nil }
            try connection.statement(.parts).run([.text(name)]) { row in
                found?.parts[row.text(0) ?? ""] = row.bytes(1)
            }
            return found
        }
    }

    /// The version of what is kept of each user.
    public func versions() throws(StoreError) -> [String: Int64] {
        try connection.checkPlace()
        var found: [String: Int64] = [:]
        try connection.statement(.versions).run { row in found[row.text(0) ?? ""] = row.number(1) }
        return found
    }

    /// What is kept of all users.
    public func users() throws(StoreError) -> [String: StoredUser] {
        let (connection, now) = (connection, now())
        return try connection.transact(.beginReading) { () throws(StoreError) in
            var found: [String: StoredUser] = [:]
            try connection.statement(.users).run { row in
                found[row.text(4) ?? ""] = Self.user(row, now)
            }
            try connection.statement(.allParts).run { row in
                found[row.text(0) ?? ""]?.parts[row.text(1) ?? ""] = row.bytes(2)
            }
            return found
        }
    }

    private static func user(_ row: Statement, _ now: Int64) -> StoredUser {
        StoredUser(
            version: row.number(0),
            lease: row.text(1).map { StoredLease(owner: $0, milliseconds: row.number(2) - now) }, record: row.bytes(3))
    }

    /// Lines of history.
    public func lines(_ query: LineQuery) throws(StoreError) -> [StoredLine] {
        try connection.checkPlace()
        var lines: [StoredLine] = []
        let (statement, values) = Self.reading(query)
        try connection.statement(statement).run(values) { row in
            lines.append(
                StoredLine(
                    user: row.text(0) ?? "", number: row.number(1), at: row.number(2), content: row.bytes(3)))
        }
        return lines
    }

    private static func reading(_ query: LineQuery) -> (Query, [Statement.Value]) {
        switch query {
        case .following(let user, let number, let limit):
            return (.linesAfter, [.text(user), .number(number), .number(Int64(limit))])
        case .newest(let user, let before, let since, let until, let limit):
            let times: [Statement.Value] = [.number(since ?? .min), .number(until ?? .max), .number(Int64(limit))]
            if let user { return (.linesOfUser, [.text(user), .number(before?.number ?? .max)] + times) }
            let end: [Statement.Value] =
                before.map { [.number($0.at), .text($0.user), .number($0.number)] } ?? [
                    .number(.max), .text(""), .number(0),
                ]
            return (.lines, end + times)
        }
    }

    /// Documents whose names begin so.
    public func documents(_ prefix: String) throws(StoreError) -> [String: StoredDocument] {
        try connection.checkPlace()
        var found: [String: StoredDocument] = [:]
        let now = now()
        try connection.statement(.documents).run([.text(prefix)]) { row in
            let age = max(now - row.number(3), 0)
            found[row.text(0) ?? ""] = StoredDocument(version: row.number(1), content: row.bytes(2), age: age)
        }
        return found
    }

    /// Writes a document.
    public func write(_ content: [UInt8]?, to name: String, version: Int64) throws(StoreError) {
        try connection.checkPlace()
        if let content, version == 0 {
            try connection.statement(.insertDocument).run([.bytes(content), .number(now()), .text(name)])
        } else if let content {
            try connection.statement(.updateDocument).run(
                [.bytes(content), .number(now()), .text(name), .number(version)])
        } else {
            try connection.statement(.deleteDocument).run([.text(name), .number(version)])
        }
        guard connection.changes == 1 else {
            throw StoreError(.conflict, "another process has changed the document \(name)")
        }
    }

    /// Moves the log into the file, so that what was deleted is in neither. Readers may prevent it.
    public func scrub() { try? connection.execute("PRAGMA wal_checkpoint(TRUNCATE)") }
}
