internal import PlainText
internal import Rotation

/// A snapshot in Prometheus's text exposition format, version 0.0.4: per user and per pusher, never per target.
public struct Metrics {
    /// What the answer is called on the wire.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The metrics.
    public let text: String

    /// Renders a snapshot.
    public init(_ snapshot: Snapshot) {
        var page = MetricsPage()
        Self.addProcess(snapshot, &page)
        Self.addUsers(snapshot, &page)
        Self.addDeliveries(snapshot.users, &page)
        Self.addPushers(snapshot, &page)
        Self.addTally(snapshot.tally, &page)
        text = page.text
    }

    private static func addProcess(_ snapshot: Snapshot, _ page: inout MetricsPage) {
        page.begin("keyturn_build_info", "gauge", "Always 1; the label tells the version.")
        page.add([("version", snapshot.version)], 1)
        page.begin("keyturn_start_time_seconds", "gauge", "When this process began, in seconds since 1970.")
        page.add([], seconds(snapshot.started))
        page.begin(
            "keyturn_last_pass_timestamp_seconds", "gauge",
            "When the scheduler last looked at what is due, in seconds since 1970; 0: not yet.")
        page.add([], snapshot.lastPass.map(seconds) ?? 0)
    }

    private static func addUsers(_ snapshot: Snapshot, _ page: inout MetricsPage) {
        let users = snapshot.users
        page.begin(
            "keyturn_key_age_seconds", "gauge",
            "Age of a user's access key by its role: current (the targets hold it), next (not yet confirmed everywhere), "
                + "previous (replaced).")
        for user in users {
            for key in user.keys {
                let age = Double((snapshot.at - key.created).milliseconds) / 1_000
                page.add([("user", user.name), ("role", key.role), ("status", key.status)], max(0, age))
            }
        }
        page.begin("keyturn_user_phase", "gauge", "1 for the phase that a user's rotation is in, 0 for the others.")
        for user in users {
            for phase in Phase.allCases {
                page.add([("user", user.name), ("phase", phase.rawValue)], user.phase == phase ? 1 : 0)
            }
        }
        page.begin("keyturn_rotation_number", "gauge", "The number of a user's running rotation, else of the last one.")
        for user in users { page.add([("user", user.name)], Double(user.rotation)) }
        page.begin("keyturn_next_action_seconds", "gauge", "Seconds until a user's next action; negative: overdue.")
        for user in users {
            guard let due = user.next.due else { continue }
            page.add(
                [("user", user.name), ("action", user.next.action)],
                Double((due - snapshot.at).milliseconds) / 1_000)
        }
        page.begin(
            "keyturn_user_problem", "gauge",
            "1 for a user that does not go on by itself or has targets that did not confirm, with the kind of problem.")
        for user in users {
            guard let code = user.problemCode else { continue }
            page.add([("user", user.name), ("code", code)], 1)
        }
        page.begin("keyturn_problems", "gauge", "Users by kind of problem.")
        for (code, users) in Dictionary(grouping: users.filter { $0.problemCode != nil }, by: { $0.problemCode ?? "" })
            .sorted(by: { $0.key < $1.key })
        {
            page.add([("code", code)], Double(users.count))
        }
    }

    private static func addDeliveries(_ users: [Snapshot.User], _ page: inout MetricsPage) {
        let states = ["pending", "confirmed", "failed", "unknown", "skipped"]
        page.begin(
            "keyturn_deliveries", "gauge", "A user's targets by what became of the running or last rotation's key.")
        for user in users {
            for state in states {
                page.add(
                    [("user", user.name), ("state", state)], Double(user.deliveries.count { $0.state == state }))
            }
        }
        page.begin(
            "keyturn_blocked_targets", "gauge",
            "Targets that have not confirmed and block their user's rotation in delivering.")
        for user in users {
            let blocked = user.deliveries.count { $0.state == "failed" || $0.state == "unknown" }
            page.add([("user", user.name)], Double(user.phase == .delivering ? blocked : 0))
        }
        page.begin(
            "keyturn_torn_targets", "gauge", "Targets that may hold one variable of the old key and one of the new.")
        for user in users { page.add([("user", user.name)], Double(user.deliveries.count(where: \.mayBeTorn))) }
        page.begin(
            "keyturn_drifted_targets", "gauge",
            "Targets that showed another key, or a later write, than was confirmed there when they were last looked at."
        )
        for user in users { page.add([("user", user.name)], Double(user.deliveries.count { $0.drift != nil })) }
        page.begin("keyturn_delivery_attempts", "gauge", "Pushes begun for a user's running or last rotation.")
        for user in users {
            page.add([("user", user.name)], Double(user.deliveries.reduce(0) { $0 + $1.attempts }))
        }
        page.begin("keyturn_delivery_retries", "gauge", "Those of them that were not a target's first.")
        for user in users {
            page.add([("user", user.name)], Double(user.deliveries.reduce(0) { $0 + max(0, $1.attempts - 1) }))
        }
    }

    private static func addPushers(_ snapshot: Snapshot, _ page: inout MetricsPage) {
        page.begin(
            "keyturn_rate_limit_left", "gauge",
            "What a pusher may still spend of a rate limit: of that many seconds, or (service) as the service tells it."
        )
        for budget in snapshot.budgets {
            page.add([("pusher", budget.pusher), ("span", budget.span)], Double(budget.left))
        }
        page.begin("keyturn_rate_limit", "gauge", "What it may spend in all.")
        for budget in snapshot.budgets {
            guard let limit = budget.limit else { continue }
            page.add([("pusher", budget.pusher), ("span", budget.span)], Double(limit))
        }
        page.begin(
            "keyturn_rate_limit_pause_seconds", "gauge", "How long a pusher still waits because its service said so.")
        for (pusher, pause) in snapshot.pauses.sorted(by: { $0.key < $1.key }) {
            page.add([("pusher", pusher)], Double(pause.milliseconds) / 1_000)
        }
    }

    private static func addTally(_ tally: Tally, _ page: inout MetricsPage) {
        page.begin("keyturn_pushes_total", "counter", "Pushes that this process saw end, by outcome.")
        for (pusher, pushes) in tally.pushes.sorted(by: { $0.key < $1.key }) {
            page.add([("pusher", pusher), ("outcome", "confirmed")], Double(pushes.confirmed))
            page.add([("pusher", pusher), ("outcome", "not-confirmed")], Double(pushes.notConfirmed))
        }
        page.begin("keyturn_rotations_completed_total", "counter", "Rotations that this process completed.")
        for (user, count) in tally.completed.sorted(by: { $0.key < $1.key }) {
            page.add([("user", user)], Double(count))
        }
        page.add(
            tally.rotations, "keyturn_rotation_duration_seconds",
            "Whole rotations, overlap and soak included, of which this process saw beginning and end.")
        page.add(
            tally.deliveries, "keyturn_delivery_duration_seconds",
            "From a rotation's first push to its last confirmation, where this process saw both.")
    }

    private static func seconds(_ moment: Timestamp) -> Double { Double(moment.milliseconds) / 1_000 }
}

/// The lines of an exposition.
struct MetricsPage {
    private(set) var text = ""
    private var name = ""

    mutating func begin(_ name: String, _ type: String, _ help: String) {
        self.name = name
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(type)\n"
    }

    mutating func add(_ labels: [(name: String, value: String)], _ value: Double) { add(name, labels, value) }

    mutating func add(_ durations: Tally.Durations, _ name: String, _ help: String) {
        begin(name, "histogram", help)
        for (bound, count) in zip(Tally.Durations.bounds, durations.counts) {
            add("\(name)_bucket", [("le", "\(bound)")], Double(count))
        }
        add("\(name)_bucket", [("le", "+Inf")], Double(durations.count))
        add("\(name)_sum", [], durations.sum)
        add("\(name)_count", [], Double(durations.count))
    }

    private mutating func add(_ name: String, _ labels: [(name: String, value: String)], _ value: Double) {
        text += name
        if !labels.isEmpty {
            text += "{"
            for (index, label) in labels.enumerated() {
                text += "\(index > 0 ? "," : "")\(label.name)=\"\(Self.escaped(label.value, quotes: true))\""
            }
            text += "}"
        }
        let whole = Int64(exactly: value)
        text += " \(whole.map { "\($0)" } ?? "\(value)")\n"
    }

    /// As the format has it: backslash and line feed everywhere, quotes in labels.
    private static func escaped(_ text: String, quotes: Bool) -> String {
        PlainText.lines(text).unicodeScalars.reduce(into: "") { escaped, scalar in
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
    }
}
