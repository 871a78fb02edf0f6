internal import Rotation

/// How rotations and deliveries become rows, and back.
enum Rows {
    static let rotationColumns =
        [
            "number", "phase", "phase_since", "current_id", "current_created", "current_status", "next_id",
            "next_created",
            "next_status", "previous_id", "previous_created", "previous_status", "creations", "answers", "failures",
            "retry_at", "is_requested", "revoked_id", "revokes_at_once", "retained_id", "problem_code",
            "problem_message",
            "problem_since",
        ] + laterRotationColumns
    /// Those that layouts before 3 lack.
    private static let laterRotationColumns = [
        "deleted_keys", "looked_at", "used_at", "used_service", "used_region", "retire_reason",
    ]
    /// Where the columns are that the journal adds: version, owner and end of the lease, the sealed pair; and the user.
    private static let (version, owner, until, sealed) = (29, 30, 31, 32)
    static let user = 33
    /// Those of a rotation, then what the journal adds.
    static func recordColumns(layout: Int32) -> String {
        (present(rotationColumns, laterRotationColumns, layout) + ["version", "lease_owner", "lease_until", "sealed"])
            .joined(separator: ", ")
    }

    static let deliveryColumns =
        [
            "target", "state", "evidence", "attempts", "quick_tries", "at", "retry_at", "is_rate_limited", "detail",
            "held_until", "may_be_torn",
        ] + laterDeliveryColumns
    /// Those that layouts before 3 lack.
    private static let laterDeliveryColumns = [
        "changed_at", "looked_at", "drift", "drift_key", "drift_since", "pushed_again", "identity", "left_at",
        "plugin", "plugin_version", "plugin_sha256", "refused_since",
    ]
    /// Where the user is, in a reading of all deliveries.
    static let deliveryUser = 23

    static func deliveryColumns(layout: Int32) -> String {
        present(deliveryColumns, laterDeliveryColumns, layout).joined(separator: ", ")
    }

    /// An older layout is read as it is.
    private static func present(_ all: [String], _ later: [String], _ layout: Int32) -> [String] {
        layout >= 3 ? all : all.map { later.contains($0) ? "NULL AS \($0)" : $0 }
    }

    /// What brings an older layout to this one.
    static let additions =
        laterRotationColumns.map { column in
            "ALTER TABLE rotation ADD COLUMN \(column) \(column.hasSuffix("_at") ? "INTEGER" : "TEXT")"
        }
        + laterDeliveryColumns.map { column in
            let isNumber = column.hasSuffix("_at") || column.hasSuffix("_since") || column == "pushed_again"
            return "ALTER TABLE delivery ADD COLUMN \(column) \(isNumber ? "INTEGER" : "TEXT")"
        }

    static func values(_ rotation: Rotation) -> [Cell] {
        let (current, next, previous) = (rotation.current, rotation.next, rotation.previous)
        return [
            Cell(rotation.number), Cell(rotation.phase.rawValue), Cell(rotation.phaseSince),
            Cell(current?.id.rawValue), Cell(current?.created), Cell(current?.status.rawValue),
            Cell(next?.id.rawValue), Cell(next?.created), Cell(next?.status.rawValue),
            Cell(previous?.id.rawValue), Cell(previous?.created), Cell(previous?.status.rawValue),
            Cell(CreationText.write(rotation.creations)), Cell(rotation.answers), Cell(rotation.failures),
            Cell(rotation.retryAt), Cell(rotation.isRequested), Cell(LeakText.ids(rotation.leaks)),
            Cell(LeakText.marks(rotation.leaks)), Cell(rotation.retained?.rawValue),
            Cell(rotation.problem?.code.rawValue),
            Cell(rotation.problem?.message),
            Cell(rotation.problem?.since), Cell(DeletedKeyText.write(rotation.deletedKeys)), Cell(rotation.lookedAt),
            Cell(rotation.lastUse?.at), Cell(rotation.lastUse?.service), Cell(rotation.lastUse?.region),
            Cell(rotation.retireReason),
        ]
    }

    static func rotation(_ row: PreparedStatement) throws -> Rotation {
        var rotation = Rotation(at: moment(row, 2) ?? Timestamp(milliseconds: 0))
        rotation.number = int(row, 0)
        rotation.phase = try known(Phase(rawValue: row.text(1) ?? ""))
        rotation.current = try key(row, 3)
        rotation.next = try key(row, 6)
        rotation.previous = try key(row, 9)
        if let creations = row.text(12) { rotation.creations = try known(CreationText.read(creations)) }
        rotation.answers = int(row, 13)
        rotation.failures = int(row, 14)
        rotation.retryAt = moment(row, 15)
        rotation.isRequested = int(row, 16) != 0
        if let ids = row.text(17) { rotation.leaks = LeakText.read(ids, marks: int(row, 18)) }
        rotation.retained = row.text(19).map { AccessKeyID($0) }
        if let code = row.text(20) {
            rotation.problem = Problem(
                code: try known(Problem.Code(rawValue: code)), message: row.text(21) ?? "",
                since: moment(row, 22) ?? rotation.phaseSince)
        }
        if let text = row.text(23) { rotation.deletedKeys = try known(DeletedKeyText.read(text)) }
        rotation.lookedAt = moment(row, 24)
        rotation.lastUse = moment(row, 25).map { LastUse(at: $0, service: row.text(26), region: row.text(27)) }
        rotation.retireReason = row.text(28)
        return rotation
    }

    /// What the journal adds to a rotation in its row.
    static func record(_ row: PreparedStatement) throws -> (record: JournalRecord, sealed: [UInt8]?) {
        var lease: Lease?
        if let owner = row.text(owner).flatMap(LeaseOwner.init(text:)) {
            lease = Lease(owner: owner, until: moment(row, until) ?? Timestamp(milliseconds: 0))
        }
        let record = JournalRecord(version: row.number(version) ?? 0, rotation: try rotation(row), lease: lease)
        return (record, row.bytes(sealed))
    }

    private static func key(_ row: PreparedStatement, _ column: Int) throws -> KeyRecord? {
        guard let id = row.text(column) else { return nil }
        return KeyRecord(
            id: AccessKeyID(id), created: moment(row, column + 1) ?? Timestamp(milliseconds: 0),
            status: try known(AccessKey.Status(rawValue: row.text(column + 2) ?? "")))
    }

    static func values(_ target: TargetName, _ delivery: Delivery) -> [Cell] {
        [
            Cell(target.rawValue), Cell(delivery.state.rawValue), Cell(delivery.evidence?.rawValue),
            Cell(delivery.attempts), Cell(delivery.quickTries), Cell(delivery.at), Cell(delivery.retryAt),
            Cell(delivery.isRateLimited), Cell(delivery.detail), Cell(delivery.heldUntil), Cell(delivery.mayBeTorn),
            Cell(delivery.changedAt), Cell(delivery.lookedAt), Cell(delivery.drift?.kind.rawValue),
            Cell(delivery.drift?.key?.rawValue), Cell(delivery.drift?.since), Cell(delivery.pushedAgain),
            Cell(delivery.identity), Cell(delivery.leftAt), Cell(delivery.plugin?.id), Cell(delivery.plugin?.version),
            Cell(delivery.plugin?.sha256), Cell(delivery.refusedSince),
        ]
    }

    static func delivery(_ row: PreparedStatement) throws -> (TargetName, Delivery) {
        var delivery = Delivery()
        delivery.state = try known(Delivery.State(rawValue: row.text(1) ?? ""))
        if let evidence = row.text(2) { delivery.evidence = try known(Evidence(rawValue: evidence)) }
        delivery.attempts = int(row, 3)
        delivery.quickTries = int(row, 4)
        delivery.at = moment(row, 5)
        delivery.retryAt = moment(row, 6)
        delivery.isRateLimited = int(row, 7) != 0
        delivery.detail = row.text(8)
        delivery.heldUntil = moment(row, 9)
        delivery.mayBeTorn = int(row, 10) != 0
        delivery.changedAt = moment(row, 11)
        delivery.lookedAt = moment(row, 12)
        if let kind = row.text(13) {
            delivery.drift = Drift(
                try known(Drift.Kind(rawValue: kind)), key: row.text(14).map { AccessKeyID($0) },
                since: moment(row, 15) ?? Timestamp(milliseconds: 0))
        }
        delivery.pushedAgain = int(row, 16)
        delivery.identity = row.text(17)
        delivery.leftAt = moment(row, 18)
        if let id = row.text(19), let version = row.text(20), let sha256 = row.text(21) {
            delivery.plugin = PluginIdentity(id: id, version: version, sha256: sha256)
        }
        delivery.refusedSince = moment(row, 22)
        return (TargetName(row.text(0) ?? ""), delivery)
    }

    /// Of layout 1.
    static let firstHistoryColumns = [
        "id", "at", "user", "rotation", "kind", "key_id", "target", "evidence", "detail",
    ]
    /// All of them, with the hash last: it is over those before it.
    static let historyColumns =
        firstHistoryColumns + ["author", "line_hash"]
    /// Where the hash is.
    static let lineHash = 10

    /// A line without its hash.
    static func values(_ addition: HistoryTable.Addition, _ note: Note, line: Int64, _ author: String) -> [Cell] {
        [
            .number(line), Cell(addition.at), .text(addition.user), Cell(addition.rotation),
            Cell(note.kind.rawValue), Cell(note.key?.rawValue), Cell(note.target?.rawValue),
            Cell(note.evidence?.rawValue), Cell(note.detail), .text(author),
        ]
    }

    /// A line as it is, without its hash, whatever it says.
    static func content(_ row: PreparedStatement, upTo end: Int = lineHash) -> [Cell] {
        (0..<end).map { column in
            switch column {
            case 0, 1, 3: row.number(column).map { .number($0) } ?? .null
            default: Cell(row.text(column))
            }
        }
    }

    static func lineMoment(_ row: PreparedStatement) -> Timestamp { moment(row, 1) ?? Timestamp(milliseconds: 0) }

    static func line(_ row: PreparedStatement) throws -> HistoryLine {
        let kind = row.text(4) ?? ""
        // What users were called that wait for a person, in lines from before; a line is never rewritten.
        var note = Note(try known(Note.Kind(rawValue: kind == "held" ? Note.Kind.blocked.rawValue : kind)))
        note.key = row.text(5).map { AccessKeyID($0) }
        note.target = row.text(6).map { TargetName($0) }
        if let evidence = row.text(7) { note.evidence = try known(Evidence(rawValue: evidence)) }
        note.detail = row.text(8)
        return HistoryLine(
            id: row.number(0) ?? 0, at: lineMoment(row), user: row.text(2) ?? "", rotation: int(row, 3), note: note,
            author: row.text(9).flatMap(Author.init(text:)), hash: row.bytes(lineHash).map(HistoryChain.hexadecimal))
    }

    private static func moment(_ row: PreparedStatement, _ column: Int) -> Timestamp? {
        row.number(column).map { Timestamp(milliseconds: $0) }
    }

    private static func int(_ row: PreparedStatement, _ column: Int) -> Int { Int(row.number(column) ?? 0) }

    private static func known<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw JournalError(.corrupt, "a row holds a word that no keyturn writes") }
        return value
    }
}
