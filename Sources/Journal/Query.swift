internal import GRDB

/// Every statement that the journal runs, once it is open.
enum Query: Int, CaseIterable {
    case beginReading, beginWriting, commit, rollback
    case record, records, deliveries, allDeliveries
    case history, firstHistory, allHistory, oldestHistory, chain, outsideWrites
    case insert, take, release, update, updateSealed
    case forgetDeliveries, removeDelivery, removeUser, writeDelivery, writeHistory, beginChain, writeChain, pruneHistory
    case told, writeTold

    /// - Parameter layout: of the state; an older one lacks columns.
    func sql(layout: Int32) -> String {
        switch self {
        case .beginReading: "BEGIN"
        case .beginWriting: "BEGIN IMMEDIATE"
        case .commit: "COMMIT"
        case .rollback: "ROLLBACK"
        case .record: "SELECT \(Rows.recordColumns(layout: layout)) FROM rotation WHERE user = ?"
        case .records: "SELECT \(Rows.recordColumns(layout: layout)), user FROM rotation"
        case .deliveries: "SELECT \(Rows.deliveryColumns(layout: layout)) FROM delivery WHERE user = ?"
        case .allDeliveries: "SELECT \(Rows.deliveryColumns(layout: layout)), user FROM delivery"
        case .history: Self.history(Rows.historyColumns)
        case .firstHistory:
            Self.history(
                Rows.firstHistoryColumns
                    + Rows.historyColumns.dropFirst(Rows.firstHistoryColumns.count).map { "NULL AS \($0)" })
        case .allHistory: "SELECT \(Rows.historyColumns.joined(separator: ", ")) FROM history ORDER BY id"
        case .oldestHistory: "SELECT \(Rows.historyColumns.joined(separator: ", ")) FROM history ORDER BY id LIMIT ?"
        case .chain:
            """
            SELECT line, line_hash, pruned_line, pruned_hash, code, last FROM
            (SELECT max(id) AS last FROM history) LEFT JOIN chain
            """
        case .outsideWrites: "PRAGMA data_version"
        case .insert:
            """
            INSERT INTO rotation (lease_until, version, \(Rows.rotationColumns.joined(separator: ", ")), user, lease_owner)
            VALUES (\(Self.marks(Rows.rotationColumns.count + 4)))
            """
        // The version grows, so whatever the former owner still sends comes too late.
        case .take: "UPDATE rotation SET lease_owner = ?, lease_until = ?, version = version + 1 WHERE user = ?"
        case .release: "UPDATE rotation SET lease_owner = NULL, lease_until = NULL WHERE user = ? AND lease_owner = ?"
        case .update: Self.update(["lease_until", "version"] + Rows.rotationColumns)
        case .updateSealed: Self.update(["lease_until", "version"] + Rows.rotationColumns + ["sealed"])
        case .forgetDeliveries: "DELETE FROM delivery WHERE user = ?"
        case .removeDelivery: "DELETE FROM delivery WHERE user = ? AND target = ?"
        case .removeUser: "DELETE FROM rotation WHERE user = ?"
        case .writeDelivery:
            """
            INSERT OR REPLACE INTO delivery (user, \(Rows.deliveryColumns.joined(separator: ", ")))
            VALUES (\(Self.marks(Rows.deliveryColumns.count + 1)))
            """
        case .writeHistory:
            """
            INSERT INTO history (\(Rows.historyColumns.joined(separator: ", ")))
            VALUES (\(Self.marks(Rows.historyColumns.count)))
            """
        case .writeChain: "UPDATE chain SET line = ?, line_hash = ?, pruned_line = ?, pruned_hash = ?, code = ?"
        case .beginChain:
            "INSERT INTO chain (only, line, line_hash, pruned_line, pruned_hash, code) VALUES (1, ?, ?, ?, ?, ?)"
        case .told: "SELECT user, told FROM told WHERE destination = ?"
        case .writeTold: "INSERT OR REPLACE INTO told (destination, user, told) VALUES (?, ?, ?)"
        case .pruneHistory: "DELETE FROM history WHERE id <= ?"
        }
    }

    private static func history(_ columns: [String]) -> String {
        """
        SELECT \(columns.joined(separator: ", ")) FROM history
        WHERE (?1 IS NULL OR user = ?1) AND (?2 IS NULL OR target = ?2) AND (?3 IS NULL OR key_id = ?3)
        AND (?4 IS NULL OR at >= ?4) AND (?5 IS NULL OR at < ?5)
        ORDER BY id DESC LIMIT ?6
        """
    }

    private static func marks(_ count: Int) -> String {
        Array(repeating: "?", count: count).joined(separator: ", ")
    }

    /// Compares and sets.
    private static func update(_ columns: [String]) -> String {
        let assignments = columns.map { "\($0) = ?" }.joined(separator: ", ")
        return "UPDATE rotation SET \(assignments) WHERE user = ? AND version = ? AND lease_owner = ?"
    }
}

/// The statements of one connection, each compiled when it is first needed. To be used inside the connection's queue only.
final class Statements {
    private var prepared = [PreparedStatement?](repeating: nil, count: Query.allCases.count)
    /// The layout of the state, once it is known.
    var layout = Schema.version { didSet { if layout != oldValue { prepared = prepared.map { _ in nil } } } }

    func callAsFunction(_ query: Query, _ database: Database) throws -> PreparedStatement {
        if let statement = prepared[query.rawValue] { return statement }
        let statement = try PreparedStatement(query.sql(layout: layout), database)
        prepared[query.rawValue] = statement
        return statement
    }
}
