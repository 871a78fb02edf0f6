internal import FoundationEssentials
internal import GRDB
public import Rotation
public import Secrets

/// The journal in one SQLite file: WAL, `synchronous=FULL`, deleted content overwritten.
public final class SQLiteJournal: Journal {
    private let queue: DatabaseQueue
    private let seal: Seal?
    /// For error texts.
    private let place: String

    /// Opens a file, and makes it where there is none.
    ///
    /// - Parameters:
    ///   - path: the file; its directory must be there. nil: in memory, for trying things.
    ///   - seal: seals the pending pair. nil: only for looking; sealed pairs can be neither read nor written.
    public init(path: String?, seal: Seal?) throws(JournalError) {
        self.seal = seal
        place = path ?? "memory"
        queue = try Self.explain(place) {
            let queue =
                try path.map { try DatabaseQueue(path: $0, configuration: Self.settings) }
                ?? DatabaseQueue(configuration: Self.settings)
            try queue.write { database in
                try Schema.prepare(database)
                if let seal { try Self.checkSealKey(seal, database) }
            }
            return queue
        }
    }

    private static var settings: GRDB.Configuration {
        var settings = GRDB.Configuration()
        settings.busyMode = .timeout(10)
        settings.prepareDatabase { database in
            // Before anything is changed: WAL would be written into another program's file.
            _ = try Schema.isLaidOut(database)
            try database.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON")
        }
        return settings
    }

    /// A state that was sealed with another key is told at once, not when a pair is needed.
    private static func checkSealKey(_ seal: Seal, _ database: Database) throws {
        guard let check = try Data.fetchOne(database, sql: "SELECT sealed FROM seal_check") else {
            let sealed = Data(seal.seal(Secret.text("keyturn"), context: "seal-check"))
            return try database.execute(sql: "INSERT INTO seal_check (sealed) VALUES (?)", arguments: [sealed])
        }
        guard seal.open(Array(check), context: "seal-check") != nil else {
            throw JournalError(.wrongSealKey, "it was sealed with another seal key than the configured one")
        }
    }

    /// The record of a user; nil: there is none.
    public func record(of user: String) throws(JournalError) -> JournalRecord? {
        try read { database in
            let sql = "SELECT * FROM rotation WHERE user = ?"
            guard let row = try Row.fetchOne(database.cachedStatement(sql: sql), arguments: [user]) else { return nil }
            return try Self.record(row, user, database)
        }
    }

    /// The records of all users.
    public func records() throws(JournalError) -> [String: JournalRecord] {
        try read { database in
            var records: [String: JournalRecord] = [:]
            for row in try Row.fetchAll(database, sql: "SELECT * FROM rotation") {
                records[row["user"]] = JournalRecord(
                    version: row["version"], rotation: try Rows.rotation(row), lease: Self.lease(row))
            }
            for row in try Row.fetchAll(database, sql: "SELECT * FROM delivery") {
                records[row["user"]]?.rotation.deliveries[TargetName(row["target"])] = try Rows.delivery(row)
            }
            return records
        }
    }

    private static func record(_ row: Row, _ user: String, _ database: Database) throws -> JournalRecord {
        var rotation = try Rows.rotation(row)
        let deliveries = try Row.fetchAll(
            database.cachedStatement(sql: "SELECT * FROM delivery WHERE user = ?"), arguments: [user])
        for row in deliveries { rotation.deliveries[TargetName(row["target"])] = try Rows.delivery(row) }
        return JournalRecord(version: row["version"], rotation: rotation, lease: lease(row))
    }

    private static func lease(_ row: Row) -> Lease? {
        guard let text: String = row["lease_owner"], let owner = LeaseOwner(text: text) else { return nil }
        return Lease(owner: owner, until: Rows.moment(row["lease_until"]) ?? Timestamp(milliseconds: 0))
    }

    /// Takes a user up for a while.
    public func acquire(_ user: String, lease: Lease, at now: Timestamp) throws(JournalError) -> JournalRecord {
        try write { database in
            let find = try database.cachedStatement(sql: "SELECT * FROM rotation WHERE user = ?")
            if let row = try Row.fetchOne(find, arguments: [user]) {
                if let held = Self.lease(row), held.owner != lease.owner, held.until > now,
                    !held.owner.isGone(asSeenBy: lease.owner)
                {
                    throw JournalError(.leased, "another keyturn (\(held.owner)) is at work on \(user)")
                }
                // The version grows, so whatever the former owner still sends comes too late.
                let sql = "UPDATE rotation SET lease_owner = ?, lease_until = ?, version = version + 1 WHERE user = ?"
                try database.cachedStatement(sql: sql).execute(
                    arguments: [lease.owner.text, lease.until.milliseconds, user])
            } else {
                try Self.insert(user, lease, now, database)
            }
            guard let row = try Row.fetchOne(find, arguments: [user]) else {
                throw JournalError(.corrupt, "a record that was just written is not there")
            }
            return try Self.record(row, user, database)
        }
    }

    private static func insert(_ user: String, _ lease: Lease, _ now: Timestamp, _ database: Database) throws {
        let columns = ["user", "version", "lease_owner", "lease_until"] + Rows.rotationColumns
        let marks = columns.map { _ in "?" }.joined(separator: ", ")
        let first: [(any DatabaseValueConvertible)?] = [user, 1, lease.owner.text, lease.until.milliseconds]
        let sql = "INSERT INTO rotation (\(columns.joined(separator: ", "))) VALUES (\(marks))"
        try database.cachedStatement(sql: sql).execute(
            arguments: StatementArguments(first + Rows.values(Rotation(at: now))))
    }

    /// Gives a user back.
    public func release(_ user: String, lease: Lease) throws(JournalError) {
        try write { database in
            try database.cachedStatement(
                sql: "UPDATE rotation SET lease_owner = NULL, lease_until = NULL WHERE user = ? AND lease_owner = ?"
            ).execute(arguments: [user, lease.owner.text])
        }
    }

    /// The pair that is being delivered.
    public func pendingPair(of user: String) throws(JournalError) -> KeyPair? {
        // One statement needs no transaction; and GRDB's `read` has every prepared statement compiled anew.
        try Self.explain(place) {
            try queue.unsafeRead { database in try self.pendingPair(of: user, database) }
        }
    }

    private func pendingPair(of user: String, _ database: Database) throws -> KeyPair? {
        let sql = "SELECT next_id, sealed FROM rotation WHERE user = ?"
        guard let row = try Row.fetchOne(database.cachedStatement(sql: sql), arguments: [user]),
            let sealed: Data = row["sealed"], let id: String = row["next_id"]
        else { return nil }
        guard let secret = self.seal?.open(Array(sealed), context: Self.context(user, id)) else {
            throw JournalError(.wrongSealKey, "the pending pair of \(user) cannot be opened with the seal key")
        }
        return KeyPair(id: id, secret: secret)
    }

    private static func context(_ user: String, _ id: String) -> String { "\(user)\n\(id)" }

    /// The history, oldest first.
    public func history(of user: String?, limit: Int) throws(JournalError) -> [HistoryLine] {
        try read { database in
            let sql = "SELECT * FROM history WHERE ?1 IS NULL OR user = ?1 ORDER BY id DESC LIMIT ?2"
            return try Row.fetchAll(database, sql: sql, arguments: [user, limit]).reversed().map(Rows.line)
        }
    }

    /// Writes one transition, all or nothing, synced to disk before it returns.
    public func commit(_ entry: JournalEntry) throws(JournalError) -> Int64 {
        let version = try write { database in
            try self.update(entry, database)
            try Self.writeDeliveries(entry, database)
            try Self.writeHistory(entry, database)
            return entry.version + 1
        }
        if case .wipe = entry.pair { emptyLog() }
        return version
    }

    private func update(_ entry: JournalEntry, _ database: Database) throws {
        var columns = ["lease_until", "version"] + Rows.rotationColumns
        var values: [(any DatabaseValueConvertible)?] = [entry.lease.until.milliseconds, entry.version + 1]
        values += try Rows.values(entry.rotation)
        switch entry.pair {
        case .keep: break
        case .wipe:
            columns.append("sealed")
            values.append(nil as Data?)
        case .seal(let pair):
            guard let seal else { throw JournalError(.wrongSealKey, "there is no seal key to seal the new pair with") }
            columns.append("sealed")
            values.append(Data(seal.seal(pair.secret, context: Self.context(entry.user, pair.id))))
        }
        let assignments = columns.map { "\($0) = ?" }.joined(separator: ", ")
        values += [entry.user, entry.version, entry.lease.owner.text]
        try database.cachedStatement(
            sql: "UPDATE rotation SET \(assignments) WHERE user = ? AND version = ? AND lease_owner = ?"
        ).execute(arguments: StatementArguments(values))
        guard database.changesCount == 1 else {
            throw JournalError(.overtaken, "another keyturn has taken \(entry.user) over; this one stopped")
        }
    }

    private static func writeDeliveries(_ entry: JournalEntry, _ database: Database) throws {
        if entry.transition.forgetsDeliveries {
            try database.cachedStatement(sql: "DELETE FROM delivery WHERE user = ?").execute(arguments: [entry.user])
        }
        let statement = try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO delivery VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        for target in entry.transition.changedDeliveries {
            guard let delivery = entry.rotation.deliveries[target] else { continue }
            try statement.execute(arguments: [
                entry.user, target.rawValue, delivery.state.rawValue, delivery.evidence?.rawValue, delivery.attempts,
                delivery.quickTries, delivery.at?.milliseconds, delivery.retryAt?.milliseconds,
                delivery.isRateLimited, delivery.detail,
            ])
        }
    }

    private static func writeHistory(_ entry: JournalEntry, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO history (at, user, rotation, kind, key_id, target, evidence, detail)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """)
        for note in entry.transition.notes {
            try statement.execute(arguments: [
                entry.at.milliseconds, entry.user, entry.rotation.number, note.kind.rawValue, note.key?.rawValue,
                note.target?.rawValue, note.evidence?.rawValue, note.detail,
            ])
        }
    }

    /// Moves the log into the file, so that the wiped pair is in neither. Readers may prevent it; then the next does it.
    private func emptyLog() {
        _ = try? queue.writeWithoutTransaction { database in try database.checkpoint(.truncate) }
    }

    private func read<Value>(_ body: (Database) throws -> Value) throws(JournalError) -> Value {
        try Self.explain(place) { try queue.read(body) }
    }

    private func write<Value>(_ body: (Database) throws -> Value) throws(JournalError) -> Value {
        try Self.explain(place) { try queue.write(body) }
    }

    private static func explain<Value>(_ place: String, _ body: () throws -> Value) throws(JournalError) -> Value {
        do { return try body() } catch let error as JournalError {
            if [.leased, .overtaken].contains(error.code) { throw error }
            throw JournalError(error.code, "\(place): \(error.description)")
        } catch let error as DatabaseError {
            let code: JournalError.Code =
                switch error.resultCode {
                case .SQLITE_NOTADB: .foreign
                case .SQLITE_CORRUPT: .corrupt
                default: .unavailable
                }
            throw JournalError(code, "\(place): \(error.message ?? "SQLite error \(error.resultCode.rawValue)")")
        } catch { throw JournalError(.corrupt, "\(place): a row cannot be read") }
    }
}
