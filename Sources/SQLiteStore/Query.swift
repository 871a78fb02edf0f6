/// Every statement that is run more than once.
enum Query: Int, CaseIterable {
    case beginReading, beginWriting, commit, rollback
    case user, parts, versions, users, allParts
    case insertUser, updateUser, updateLease, writePart, deletePart
    case writeLine, permitDeletion, deleteLines, linesAfter, linesOfUser, lines
    case documents, insertDocument, updateDocument, deleteDocument

    var sql: String {
        switch self {
        case .beginReading: "BEGIN"
        case .beginWriting: "BEGIN IMMEDIATE"
        case .commit: "COMMIT"
        case .rollback: "ROLLBACK"
        case .user: "SELECT version, lease_owner, lease_until, record FROM user WHERE name = ?"
        case .parts: "SELECT name, content FROM part WHERE user = ?"
        case .versions: "SELECT name, version FROM user"
        case .users: "SELECT version, lease_owner, lease_until, record, name FROM user"
        case .allParts: "SELECT user, name, content FROM part"
        case .insertUser:
            "INSERT OR IGNORE INTO user (lease_owner, lease_until, record, name, version) VALUES (?, ?, ?, ?, 1)"
        // Compares and sets.
        case .updateUser:
            """
            UPDATE user SET lease_owner = ?, lease_until = ?, record = ?, version = version + 1
            WHERE name = ? AND version = ?
            """
        case .updateLease:
            "UPDATE user SET lease_owner = ?, lease_until = ?, version = version + 1 WHERE name = ? AND version = ?"
        case .writePart: "INSERT OR REPLACE INTO part (user, name, content) VALUES (?, ?, ?)"
        case .deletePart: "DELETE FROM part WHERE user = ? AND name = ?"
        case .writeLine: "INSERT INTO line (user, number, at, content) VALUES (?, ?, ?, ?)"
        case .permitDeletion: "UPDATE user SET last_deleted_line = ? WHERE name = ?"
        case .deleteLines: "DELETE FROM line WHERE user = ? AND number <= ?"
        case .linesAfter: Self.lines("user = ? AND number > ? ORDER BY number")
        // Times of one user's lines never go back.
        case .linesOfUser: Self.lines("user = ? AND number < ? AND at >= ? AND at < ? ORDER BY number DESC")
        case .lines:
            Self.lines(
                "(at, user, number) < (?, ?, ?) AND at >= ? AND at < ? ORDER BY at DESC, user DESC, number DESC")
        case .documents: "SELECT name, version, content, at FROM document WHERE substr(name, 1, length(?1)) = ?1"
        case .insertDocument: "INSERT OR IGNORE INTO document (content, at, name, version) VALUES (?, ?, ?, 1)"
        case .updateDocument:
            "UPDATE document SET content = ?, at = ?, version = version + 1 WHERE name = ? AND version = ?"
        case .deleteDocument: "DELETE FROM document WHERE name = ? AND version = ?"
        }
    }

    private static func lines(_ filter: String) -> String {
        "SELECT user, number, at, content FROM line WHERE \(filter) LIMIT ?"
    }
}
