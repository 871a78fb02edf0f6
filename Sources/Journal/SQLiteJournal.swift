internal import FoundationEssentials
internal import GRDB
public import Rotation
public import Secrets

/// The journal in one SQLite file: WAL, `synchronous=FULL`, deleted content overwritten.
public final class SQLiteJournal: Journal {
    private let queue: DatabaseQueue
    private let seal: Seal?
    /// Used inside the queue only, which lets one thread in at a time.
    nonisolated(unsafe) private let statements = Statements()
    nonisolated(unsafe) private let lines: HistoryTable
    nonisolated(unsafe) private var prunedAt: Timestamp?
    private let layout: Int32
    private let retention: Duration?
    /// What was done to the state's layout when it was opened; nil: nothing.
    public let migration: Migration?
    /// For error texts.
    private let place: String

    /// Opens a file, and makes it where there is none.
    ///
    /// - Parameters:
    ///   - path: the file; its directory must be there. nil: in memory, for trying things.
    ///   - seal: seals the pending pair and the end of the history. nil: only for looking; a file that is not there yet is
    ///     not made, and an older layout is read as it is.
    ///   - author: who writes.
    ///   - retention: how long lines of history are kept; nil: for ever.
    ///   - now: brings an older layout to the present one, at this time; nil: leaves it, and only for looking.
    public init(
        path: String?, seal: Seal?, author: Author = .current(command: "keyturn"), retention: Duration? = nil,
        migratingAt now: Timestamp? = nil
    ) throws(JournalError) {
        self.seal = seal
        self.retention = retention
        place = path ?? "memory"
        let lines = HistoryTable(statements, seal: seal, author: author)
        self.lines = lines
        (queue, layout, migration) = try Self.explain(place) {
            var queue =
                try path.map { try DatabaseQueue(path: $0, configuration: Self.settings) }
                ?? DatabaseQueue(configuration: Self.settings)
            if seal == nil, path != nil, try queue.read(Schema.layout) == nil {
                queue = try DatabaseQueue(configuration: Self.settings)
            }
            var layout = try queue.write { database in
                let layout = try Self.prepare(database, lines)
                if let seal { try Self.checkSealKey(seal, database) }
                return layout
            }
            var migration: Migration?
            if let path, let now, seal != nil, layout < Schema.version {
                migration = try Migration.run(queue, path, lines, at: now)
                layout = Schema.version
            }
            return (queue, layout, migration)
        }
        statements.layout = layout
    }

    private static func prepare(_ database: Database, _ lines: HistoryTable) throws -> Int32 {
        if let layout = try Schema.layout(database) { return layout }
        try Schema.create(database)
        try lines.begin(database)
        return Schema.version
    }

    private static var settings: GRDB.Configuration {
        var settings = GRDB.Configuration()
        settings.busyMode = .timeout(10)
        settings.prepareDatabase { database in
            // Before anything is changed: WAL would be written into another program's file.
            _ = try Schema.layout(database)
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
        try look { database in try self.find(user, database)?.record }
    }

    /// The records of all users.
    public func records() throws(JournalError) -> [String: JournalRecord] {
        try look { database in
            var records: [String: JournalRecord] = [:]
            try self.statements(.records, database).run { row in
                records[row.text(Rows.user) ?? ""] = try Rows.record(row).record
            }
            try self.statements(.allDeliveries, database).run { row in
                let (target, delivery) = try Rows.delivery(row)
                records[row.text(Rows.deliveryUser) ?? ""]?.rotation.deliveries[target] = delivery
            }
            return records
        }
    }

    /// The history, oldest first.
    public func history(_ filter: HistoryFilter) throws(JournalError) -> [HistoryLine] {
        try look { database in
            var lines: [HistoryLine] = []
            let query = self.layout == 1 ? Query.firstHistory : .history
            try self.statements(query, database).run(filter.cells) { row in lines.append(try Rows.line(row)) }
            return lines.reversed()
        }
    }

    /// Follows the chain of the history from its beginning to its end.
    ///
    /// - Parameter mark: a line that was noted earlier, which must be part of it.
    /// - Returns: nil where the layout is an older one, whose history is not chained.
    public func verifyHistory(holding mark: HistoryVerdict.Mark?) throws(JournalError) -> HistoryVerdict? {
        guard layout > 1 else { return nil }
        return try look { database in try self.lines.verify(mark, database) }
    }

    private func find(_ user: String, _ database: Database) throws -> (record: JournalRecord, sealed: [UInt8]?)? {
        var found: (record: JournalRecord, sealed: [UInt8]?)?
        try statements(.record, database).run([.text(user)]) { row in found = try Rows.record(row) }
        guard found != nil else { return nil }
        try statements(.deliveries, database).run([.text(user)]) { row in
            let (target, delivery) = try Rows.delivery(row)
            found?.record.rotation.deliveries[target] = delivery
        }
        return found
    }

    /// Takes a user up for a while.
    public func acquire(
        _ user: String, lease: Lease, at now: Timestamp
    ) throws(JournalError) -> (record: JournalRecord, pair: KeyPair?) {
        try prune(at: now)
        return try write { database in
            guard let (found, sealed) = try self.find(user, database) else {
                let rotation = Rotation(at: now)
                let first: [Cell] = [Cell(lease.until), .number(1)]
                try self.statements(.insert, database).run(
                    first + Rows.values(rotation) + [.text(user), .text(lease.owner.text)])
                return (JournalRecord(version: 1, rotation: rotation, lease: lease), nil)
            }
            var record = found
            if let held = record.lease, held.binds(lease, at: now) {
                throw JournalError(.leased, "another keyturn (\(held.owner)) is at work on \(user)")
            }
            try self.statements(.take, database).run([.text(lease.owner.text), Cell(lease.until), .text(user)])
            record.version += 1
            record.lease = lease
            return (record, try self.open(sealed, record.rotation.keyOfPair, of: user))
        }
    }

    /// Gives a user back.
    public func release(_ user: String, lease: Lease) throws(JournalError) {
        // One statement is a transaction of its own.
        try Self.explain(place) {
            try queue.writeWithoutTransaction { database in
                try self.statements(.release, database).run([.text(user), .text(lease.owner.text)])
            }
        }
    }

    /// Forgets a user that left the configuration: its keys stay as they are, and nothing of them is known any more.
    ///
    /// - Parameter reason: for the history.
    /// - Throws: `leased` while another process is at work on the user.
    public func forget(_ user: String, reason: String, lease: Lease, at now: Timestamp) throws(JournalError) {
        let (record, _) = try acquire(user, lease: lease, at: now)
        try write { database in
            let note = Note(.forgotten, key: record.rotation.current?.id, detail: reason)
            try self.lines.append(
                HistoryTable.Addition(user: user, rotation: record.rotation.number, at: now, notes: [note]), database)
            try self.statements(.forgetDeliveries, database).run([.text(user)])
            try self.statements(.removeUser, database).run([.text(user)])
        }
        emptyLog()
    }

    /// The pair that is being delivered.
    public func pendingPair(of user: String) throws(JournalError) -> KeyPair? {
        try look { database in
            guard let (record, sealed) = try self.find(user, database) else { return nil }
            return try self.open(sealed, record.rotation.keyOfPair, of: user)
        }
    }

    private func open(_ sealed: [UInt8]?, _ key: KeyRecord?, of user: String) throws -> KeyPair? {
        guard let sealed, let id = key?.id.rawValue else { return nil }
        guard let secret = seal?.open(sealed, context: Self.context(user, id)) else {
            throw JournalError(.wrongSealKey, "the pending pair of \(user) cannot be opened with the seal key")
        }
        return KeyPair(id: id, secret: secret)
    }

    private static func context(_ user: String, _ id: String) -> String { "\(user)\n\(id)" }

    /// Writes one transition, all or nothing, synced to disk before it returns.
    public func commit(_ entry: JournalEntry) throws(JournalError) -> Int64 {
        let version = try write { database in
            try self.update(entry, database)
            try self.writeDeliveries(entry, database)
            try self.writeHistory(entry, database)
            return entry.version + 1
        }
        if case .wipe = entry.pair { emptyLog() }
        return version
    }

    private func update(_ entry: JournalEntry, _ database: Database) throws {
        var query = Query.updateSealed
        var values: [Cell] = [Cell(entry.lease.until), .number(entry.version + 1)]
        values += Rows.values(entry.rotation)
        switch entry.pair {
        case .keep: query = .update
        case .wipe: values.append(.null)
        case .seal(let pair):
            guard let seal else { throw JournalError(.wrongSealKey, "there is no seal key to seal the new pair with") }
            values.append(.bytes(seal.seal(pair.secret, context: Self.context(entry.user, pair.id))))
        }
        values += [.text(entry.user), .number(entry.version), .text(entry.lease.owner.text)]
        try statements(query, database).run(values)
        guard database.changesCount == 1 else {
            throw JournalError(.overtaken, "another keyturn has taken \(entry.user) over; this one stopped")
        }
    }

    private func writeDeliveries(_ entry: JournalEntry, _ database: Database) throws {
        if entry.transition.forgetsDeliveries { try statements(.forgetDeliveries, database).run([.text(entry.user)]) }
        for target in entry.transition.removedDeliveries {
            try statements(.removeDelivery, database).run([.text(entry.user), .text(target.rawValue)])
        }
        for target in entry.transition.changedDeliveries {
            guard let delivery = entry.rotation.deliveries[target] else { continue }
            try statements(.writeDelivery, database).run([.text(entry.user)] + Rows.values(target, delivery))
        }
    }

    private func writeHistory(_ entry: JournalEntry, _ database: Database) throws {
        let addition = HistoryTable.Addition(
            user: entry.user, rotation: entry.rotation.number, at: entry.at, notes: entry.transition.notes)
        try lines.append(addition, database)
    }

    /// Lines that are taken away at once, and the least time between two goes.
    private static let pruneLimit = 1_000
    private static let pruneRest: Duration = .seconds(60)

    /// Takes away what is older than it is to be kept. Lines wait for each other, a tenth of that time or a day, so that
    /// the line that tells of it is rare.
    private func prune(at now: Timestamp) throws(JournalError) {
        guard let retention else { return }
        try write { database in
            if let last = self.prunedAt, now - last < Self.pruneRest, now >= last { return }
            self.prunedAt = now
            var oldest: Timestamp?
            try self.statements(.oldestHistory, database).run([.number(1)]) { row in oldest = Rows.lineMoment(row) }
            guard let oldest, now - oldest > retention + min(retention / 10, .seconds(86_400)) else { return }
            _ = try self.lines.prune(before: now - retention, limit: Self.pruneLimit, at: now, database)
        }
    }

    /// Moves the log into the file, so that the wiped pair is in neither. Readers may prevent it; then the next does it.
    private func emptyLog() {
        _ = try? queue.writeWithoutTransaction { database in try database.checkpoint(.truncate) }
    }

    /// What notifications have told at one destination, by user.
    public func told(at destination: String) throws(JournalError) -> [String: Told] {
        try look { database in
            var found: [String: Told] = [:]
            try self.statements(.told, database).run([.text(destination)]) { row in
                let text = Data((row.text(1) ?? "").utf8)
                found[row.text(0) ?? ""] = try JSONDecoder().decode(Told.self, from: text)
            }
            return found
        }
    }

    /// Writes what notifications have told at one destination.
    public func write(_ told: [String: Told], at destination: String) throws(JournalError) {
        try write { database in
            for (user, told) in told {
                let text = String(decoding: try JSONEncoder().encode(told), as: UTF8.self)
                try self.statements(.writeTold, database).run([.text(destination), .text(user), .text(text)])
            }
        }
    }

    private func look<Value>(_ body: (Database) throws -> Value) throws(JournalError) -> Value {
        try transact(.beginReading, body)
    }

    private func write<Value>(_ body: (Database) throws -> Value) throws(JournalError) -> Value {
        guard layout == Schema.version else {
            throw JournalError(.unavailable, "\(place): it has layout \(layout), and was opened for looking only")
        }
        return try transact(.beginWriting, body)
    }

    /// A transaction between compiled statements; GRDB's own compiles them each time.
    private func transact<Value>(
        _ begin: Query, _ body: (Database) throws -> Value
    ) throws(JournalError) -> Value {
        try Self.explain(place) {
            try queue.writeWithoutTransaction { database in
                try statements(begin, database).run()
                do {
                    let value = try body(database)
                    try statements(.commit, database).run()
                    return value
                } catch {
                    lines.forget()
                    // A failed COMMIT may have rolled back by itself.
                    if database.isInsideTransaction { try statements(.rollback, database).run() }
                    throw error
                }
            }
        }
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
