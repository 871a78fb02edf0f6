internal import Glibc
public import Secrets
public import StateStore

/// A state in PostgreSQL, through libpq: many hosts may use it at once.
///
/// A commit is one statement. Where its answer is lost, it is sent again with the same expected version and the same write id: if the
/// first one was carried out after all, the second one finds another version, and the write id says whose it is.
public final class PostgresStore: StateStore {
    /// The server and the database, without a password.
    public let place: String
    /// Yes.
    public let isShared = true
    private let pool: Pool
    /// Not every service that speaks PostgreSQL's protocol can.
    private let canTellTimeline: Bool

    /// Connects, looks at the server's settings and at the layout, and makes that where there is none.
    ///
    /// - Parameters:
    ///   - address: a URI of libpq, `postgresql://HOST/DATABASE?…`, without a password.
    ///   - password: nil: libpq looks in `PGPASSWORD` and its password file.
    ///   - makes: whether the layout is made where there is none.
    /// - Returns: nil: there is no state, and none was to be made.
    public static func open(
        _ address: String, password: Secret?, authorities: String? = nil, makes: Bool = true
    ) async throws(StoreError) -> PostgresStore? {
        let settings = try ConnectionSettings(address, authorities: authorities)
        let pool = Pool { () throws(QueryFailure) in try Connection(settings.pairs, password: password) }
        try await Self.requireSafety(pool)
        guard try await Self.isLaidOut(pool, makes: makes) else { return nil }
        return PostgresStore(settings.place, pool, canTellTimeline: try await Self.canTellTimeline(pool))
    }

    private init(_ place: String, _ pool: Pool, canTellTimeline: Bool) {
        (self.place, self.pool, self.canTellTimeline) = (place, pool, canTellTimeline)
    }

    /// A server that confirms what it may forget would let two keys be made, or a key be forgotten that targets hold.
    private static func requireSafety(_ pool: Pool) async throws(StoreError) {
        let row = try await pool.perform { connection, deadline, _ throws(QueryFailure) in
            try connection.run(Query.safety, until: deadline).first
        }
        for (column, name) in ["fsync", "full_page_writes", "synchronous_commit"].enumerated()
        where row?.text(column) == "off" {
            throw StoreError(
                .unavailable,
                "\(name) is off: the server confirms what it may lose in a crash. Switch it on"
                    + (column == 2 ? ", if only for this role: ALTER ROLE … SET synchronous_commit = on" : ""))
        }
    }

    /// What a switch to a standby may lose; nil: nothing.
    public func concern() async throws(StoreError) -> String? {
        let row = try await pool.perform { connection, deadline, _ throws(QueryFailure) in
            try connection.run(Query.safety, until: deadline).first
        }
        if row?.text(2) == "local" {
            return "synchronous_commit is `local`: a switch to a standby may lose what was just written"
        }
        guard row?.text(3) == "" else { return nil }
        return
            "the server has no synchronous standby (synchronous_standby_names is empty): a switch to a standby may lose what was "
            + "just written"
    }

    /// The server's timeline.
    public func epoch() async throws(StoreError) -> String? {
        canTellTimeline ? try await rows("SELECT \(Query.timeline)").first?.text(0) : nil
    }

    /// The server's.
    public func time() async throws(StoreError) -> Int64? { try await rows(Query.time).first?.number(0) }

    private static func canTellTimeline(_ pool: Pool) async throws(StoreError) -> Bool {
        try await pool.perform { connection, deadline, _ throws(QueryFailure) in
            do throws(QueryFailure) {
                return try connection.run("SELECT \(Query.timeline)", until: deadline).count == 1
            } catch {
                // The server has said no, of its own accord.
                if case .never = error.remedy, error.state != nil { return false }
                throw error
            }
        }
    }

    /// - Returns: whether the layout is there.
    private static func isLaidOut(_ pool: Pool, makes: Bool) async throws(StoreError) -> Bool {
        let found = try await pool.perform { connection, deadline, _ throws(QueryFailure) -> [Int64]? in
            if makes { return try layOut(connection, deadline) }
            guard try connection.run(Schema.isThere, until: deadline).first?.number(0) == 1 else { return nil }
            return try numbers(connection, deadline)
        }
        guard let found else { return false }
        guard found.count == 2 else { throw StoreError(.foreign, "the schema keyturn is not one of keyturn") }
        // A later layout says from which one on programs understand it.
        guard found[1] <= Schema.layout else {
            throw StoreError(
                .newer,
                "it has layout \(found[0]), which programs work with that know layout \(found[1]); this one knows \(Schema.layout)"
            )
        }
        return true
    }

    private static func numbers(
        _ connection: Connection, _ deadline: ContinuousClock.Instant
    ) throws(QueryFailure) -> [Int64] {
        try connection.run(Schema.numbers, until: deadline).first.map { [$0.number(0), $0.number(1)] } ?? []
    }

    private static func layOut(
        _ connection: Connection, _ deadline: ContinuousClock.Instant
    ) throws(QueryFailure) -> [Int64] {
        if try connection.run(Schema.isThere, until: deadline).first?.number(0) == 1 {
            return try numbers(connection, deadline)
        }
        _ = try connection.run("BEGIN", until: deadline)
        do throws(QueryFailure) {
            _ = try connection.run("SET LOCAL lock_timeout = '5s'", until: deadline)
            _ = try connection.run("SELECT pg_advisory_xact_lock(\(Schema.lock))", until: deadline)
            // Another one may have made it meanwhile.
            if try connection.run(Schema.isThere, until: deadline).first?.number(0) == 0 {
                for statement in Schema.statements { _ = try connection.run(statement, until: deadline) }
            }
            _ = try connection.run("COMMIT", until: deadline)
        } catch {
            // Where the connection is lost the server does it; the first fault is the one to report.
            if error.state != nil { _ = try connection.run("ROLLBACK", until: deadline) }
            throw error
        }
        return try numbers(connection, deadline)
    }

    // MARK: Users

    /// What is kept of a user.
    public func user(_ name: String) async throws(StoreError) -> StoredUser? {
        Self.users(in: try await rows(Query.user, [.name(name)]))[name]
    }

    /// The version of what is kept of each user.
    public func versions() async throws(StoreError) -> [String: Int64] {
        var found: [String: Int64] = [:]
        for row in try await rows(Query.versions) { found[row.name(0)] = row.number(1) }
        return found
    }

    /// What is kept of all users.
    public func users() async throws(StoreError) -> [String: StoredUser] {
        Self.users(in: try await rows(Query.users))
    }

    private static func users(in rows: [Row]) -> [String: StoredUser] {
        var found: [String: StoredUser] = [:]
        for row in rows where row.number(0) == 0 {
            let lease = row.text(3).map { StoredLease(owner: $0, milliseconds: row.number(4)) }
            found[row.name(1)] = StoredUser(
                version: row.number(2), lease: lease, record: row.bytes(5))
        }
        for row in rows where row.number(0) == 1 { found[row.name(1)]?.parts[row.name(6)] = row.bytes(5) }
        return found
    }

    /// Changes what is kept of one user.
    public func commit(_ change: UserChange) async throws(StoreError) {
        let writeID = Self.makeWriteID()
        let written = change.parts.compactMap { name, content in content.map { (Array(name.utf8), $0) } }
        let deleted = change.parts.filter { $0.value == nil }.map { Array($0.key.utf8) }
        let parameters: [Parameter] = [
            .name(change.user), .number(change.version), change.record.map { .bytes($0) } ?? .null,
            change.lease.map { .text($0.owner) } ?? .null, change.lease.map { .number($0.milliseconds) } ?? .null,
            change.lastDeletedLine.map { .number($0) } ?? .null, .bytes(writeID), .byteStrings(deleted),
            .byteStrings(written.map(\.0)), .byteStrings(written.map(\.1)), .numbers(change.lines.map(\.number)),
            .numbers(change.lines.map(\.at)), .byteStrings(change.lines.map(\.content)),
        ]
        let sql = change.version == 0 ? Query.create : Query.change
        let isDone = try await pool.perform { connection, deadline, mayBeDone throws(QueryFailure) in
            if try connection.run(sql, parameters, until: deadline).first?.number(0) == 1 { return true }
            guard mayBeDone else { return false }
            let last = try connection.run(
                Query.isLastWrite, [.name(change.user), .bytes(writeID)], until: deadline)
            return last.first?.number(0) == 1
        }
        guard isDone else {
            throw StoreError(.conflict, "another process has changed what is kept of \(change.user)")
        }
    }

    /// So that an answer that was lost can be distinguished from another one's writing.
    private static func makeWriteID() -> [UInt8] { (0..<16).map { _ in UInt8.random(in: .min ... .max) } }

    // MARK: Lines and documents

    /// Lines of history.
    public func lines(_ query: LineQuery) async throws(StoreError) -> [StoredLine] {
        let (sql, parameters) = Self.reading(query)
        return try await rows(sql, parameters).map { row in
            StoredLine(user: row.name(0), number: row.number(1), at: row.number(2), content: row.bytes(3))
        }
    }

    private static func reading(_ query: LineQuery) -> (String, [Parameter]) {
        switch query {
        case .following(let user, let number, let limit):
            return (Query.linesAfter, [.name(user), .number(number), .number(Int64(limit))])
        case .newest(let user, let before, let since, let until, let limit):
            let times: [Parameter] = [.number(since ?? .min), .number(until ?? .max), .number(Int64(limit))]
            if let user { return (Query.linesOfUser, [.name(user), .number(before?.number ?? .max)] + times) }
            let end: [Parameter] =
                before.map { [.number($0.at), .name($0.user), .number($0.number)] } ?? [
                    .number(.max), .name(""), .number(0),
                ]
            return (Query.lines, end + times)
        }
    }

    /// Documents whose names begin so.
    public func documents(_ prefix: String) async throws(StoreError) -> [String: StoredDocument] {
        var found: [String: StoredDocument] = [:]
        for row in try await rows(Query.documents, [.name(prefix)]) {
            found[row.name(0)] = StoredDocument(
                version: row.number(1), content: row.bytes(3), age: max(row.number(2), 0))
        }
        return found
    }

    /// Writes a document.
    public func write(_ content: [UInt8]?, to name: String, version: Int64) async throws(StoreError) {
        let writeID = Self.makeWriteID()
        let (sql, parameters): (String, [Parameter]) =
            if let content {
                version == 0
                    ? (Query.insertDocument, [.name(name), .bytes(content), .bytes(writeID)])
                    : (Query.updateDocument, [.name(name), .bytes(content), .bytes(writeID), .number(version)])
            } else { (Query.deleteDocument, [.name(name), .number(version)]) }
        let isDone = try await pool.perform { connection, deadline, mayBeDone throws(QueryFailure) in
            if try connection.run(sql, parameters, until: deadline).count == 1 { return true }
            guard mayBeDone else { return false }
            let last = try connection.run(Query.documentWrite, [.name(name)], until: deadline).first?.bytes(0)
            return content == nil ? last == nil : last == writeID
        }
        guard isDone else { throw StoreError(.conflict, "another process has changed the document \(name)") }
    }

    /// Does nothing: what was overwritten is the server's affair, which removes it when it vacuums.
    public func scrub() {}

    private func rows(_ sql: String, _ parameters: [Parameter] = []) async throws(StoreError) -> [Row] {
        try await pool.perform { connection, deadline, _ throws(QueryFailure) in
            try connection.run(sql, parameters, until: deadline)
        }
    }
}
