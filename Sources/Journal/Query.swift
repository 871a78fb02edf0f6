internal import GRDB

/// Every statement that the journal runs, once it is open.
enum Query: Int, CaseIterable {
    case beginReading, beginWriting, commit, rollback
    case record, records, deliveries, allDeliveries, history
    case insert, take, release, update, updateSealed
    case forgetDeliveries, writeDelivery, writeHistory

    var sql: String {
        switch self {
        case .beginReading: "BEGIN"
        case .beginWriting: "BEGIN IMMEDIATE"
        case .commit: "COMMIT"
        case .rollback: "ROLLBACK"
        case .record: "SELECT \(Rows.recordColumns) FROM rotation WHERE user = ?"
        case .records: "SELECT \(Rows.recordColumns), user FROM rotation"
        case .deliveries: "SELECT \(Rows.deliveryColumns) FROM delivery WHERE user = ?"
        case .allDeliveries: "SELECT \(Rows.deliveryColumns), user FROM delivery"
        case .history:
            """
            SELECT id, at, user, rotation, kind, key_id, target, evidence, detail FROM history
            WHERE ?1 IS NULL OR user = ?1 ORDER BY id DESC LIMIT ?2
            """
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
        case .writeDelivery:
            "INSERT OR REPLACE INTO delivery (user, \(Rows.deliveryColumns)) VALUES (\(Self.marks(12)))"
        case .writeHistory:
            """
            INSERT INTO history (at, user, rotation, kind, key_id, target, evidence, detail) VALUES (\(Self.marks(8)))
            """
        }
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

    func callAsFunction(_ query: Query, _ database: Database) throws -> PreparedStatement {
        if let statement = prepared[query.rawValue] { return statement }
        let statement = try PreparedStatement(query.sql, database)
        prepared[query.rawValue] = statement
        return statement
    }
}
