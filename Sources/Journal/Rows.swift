internal import FoundationEssentials
internal import GRDB
internal import Rotation

/// How rotations and deliveries become rows, and back.
enum Rows {
    static let rotationColumns = [
        "number", "phase", "phase_since", "current_id", "current_created", "current_status", "next_id", "next_created",
        "next_status", "previous_id", "previous_created", "previous_status", "creations", "answers", "failures",
        "retry_at", "is_requested", "revoked_id", "revokes_at_once", "problem_code", "problem_message", "problem_since",
    ]

    static func values(_ rotation: Rotation) throws -> [(any DatabaseValueConvertible)?] {
        let creations =
            rotation.creations.isEmpty
            ? nil : String(decoding: try JSONEncoder().encode(rotation.creations), as: UTF8.self)
        let state: [(any DatabaseValueConvertible)?] = [
            rotation.number, rotation.phase.rawValue, rotation.phaseSince.milliseconds,
        ]
        let rest: [(any DatabaseValueConvertible)?] = [
            creations, rotation.answers, rotation.failures, rotation.retryAt?.milliseconds, rotation.isRequested,
            rotation.revoked?.rawValue, rotation.revokesAtOnce,
            rotation.problem?.code.rawValue, rotation.problem?.message, rotation.problem?.since.milliseconds,
        ]
        return state + values(rotation.current) + values(rotation.next) + values(rotation.previous) + rest
    }

    private static func values(_ key: KeyRecord?) -> [(any DatabaseValueConvertible)?] {
        [key?.id.rawValue, key?.created.milliseconds, key?.status.rawValue]
    }

    static func rotation(_ row: Row) throws -> Rotation {
        var rotation = Rotation(at: Timestamp(milliseconds: row["phase_since"]))
        rotation.number = row["number"]
        rotation.phase = try known(Phase(rawValue: row["phase"]))
        rotation.current = try key(row, "current")
        rotation.next = try key(row, "next")
        rotation.previous = try key(row, "previous")
        if let creations: String = row["creations"] {
            rotation.creations = try JSONDecoder().decode([Rotation.Creation].self, from: Data(creations.utf8))
        }
        rotation.answers = row["answers"]
        rotation.failures = row["failures"]
        rotation.retryAt = moment(row["retry_at"])
        rotation.isRequested = row["is_requested"]
        rotation.revoked = (row["revoked_id"] as String?).map { AccessKeyID($0) }
        rotation.revokesAtOnce = row["revokes_at_once"]
        if let code: String = row["problem_code"] {
            rotation.problem = Problem(
                code: try known(Problem.Code(rawValue: code)), message: row["problem_message"] ?? "",
                since: moment(row["problem_since"]) ?? rotation.phaseSince)
        }
        return rotation
    }

    private static func key(_ row: Row, _ role: String) throws -> KeyRecord? {
        guard let id: String = row["\(role)_id"] else { return nil }
        return KeyRecord(
            id: AccessKeyID(id), created: Timestamp(milliseconds: row["\(role)_created"] ?? 0),
            status: try known(AccessKey.Status(rawValue: row["\(role)_status"] ?? "")))
    }

    static func delivery(_ row: Row) throws -> Delivery {
        var delivery = Delivery()
        delivery.state = try known(Delivery.State(rawValue: row["state"]))
        if let evidence: String = row["evidence"] { delivery.evidence = try known(Evidence(rawValue: evidence)) }
        delivery.attempts = row["attempts"]
        delivery.quickTries = row["quick_tries"]
        delivery.at = moment(row["at"])
        delivery.retryAt = moment(row["retry_at"])
        delivery.isRateLimited = row["is_rate_limited"]
        delivery.detail = row["detail"]
        return delivery
    }

    static func line(_ row: Row) throws -> HistoryLine {
        var note = Note(try known(Note.Kind(rawValue: row["kind"])))
        note.key = (row["key_id"] as String?).map { AccessKeyID($0) }
        note.target = (row["target"] as String?).map { TargetName($0) }
        if let evidence: String = row["evidence"] { note.evidence = try known(Evidence(rawValue: evidence)) }
        note.detail = row["detail"]
        return HistoryLine(
            id: row["id"], at: Timestamp(milliseconds: row["at"]), user: row["user"], rotation: row["rotation"],
            note: note)
    }

    static func moment(_ milliseconds: Int64?) -> Timestamp? { milliseconds.map { Timestamp(milliseconds: $0) } }

    private static func known<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw JournalError(.corrupt, "a row holds a word that no keyturn writes") }
        return value
    }
}
