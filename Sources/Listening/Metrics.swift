internal import Rotation

/// A snapshot in Prometheus's text exposition format, version 0.0.4: per user and per pusher, never per target.
///
/// Names follow "Metric and label naming" of Prometheus: base units, `_total` for counters, and moments instead of ages, which Prometheus
/// computes with `time() -`. Whatever can be counted is there from the start, with 0: an alert on what is absent never fires.
public struct Metrics {
    /// What the answer is called on the wire.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The metrics.
    public let text: String

    /// Renders a snapshot.
    public init(_ snapshot: Snapshot) {
        var page = MetricsPage()
        Self.addProcess(snapshot, &page)
        Self.addKeys(snapshot.users, &page)
        Self.addUsers(snapshot.users, &page)
        Self.addProblems(snapshot, &page)
        Self.addDeliveries(snapshot.users, &page)
        Self.addPushers(snapshot, &page)
        Self.addTally(snapshot, &page)
        text = page.text
    }

    private static func addProcess(_ snapshot: Snapshot, _ page: inout MetricsPage) {
        page.begin("keyturn_build_info", "gauge", "Always 1; the label says the version.")
        page.add([("version", snapshot.version)], 1)
        page.begin("keyturn_start_timestamp_seconds", "gauge", "When this process began, in seconds since 1970.")
        page.add([], seconds(snapshot.started))
        page.begin(
            "keyturn_last_pass_timestamp_seconds", "gauge",
            "When the scheduler last looked at what is due, in seconds since 1970; 0: not yet.")
        page.add([], snapshot.lastPass.map(seconds) ?? 0)
        page.begin(
            "keyturn_config_last_reload_successful", "gauge",
            "Whether the last attempt to read the configuration succeeded; 0: keyturn works by the one before.")
        page.add([], snapshot.configuration.refusal == nil ? 1 : 0)
        page.begin(
            "keyturn_config_last_reload_success_timestamp_seconds", "gauge",
            "When a configuration was last taken up, in seconds since 1970.")
        page.add([], seconds(snapshot.configuration.takenUp))
        page.begin(
            "keyturn_workers", "gauge",
            "Processes that stay up and work on the same state, as the state has them; absent where the state is a file."
        )
        if let workers = snapshot.workers { page.add([], Double(workers)) }
        page.begin("keyturn_users", "gauge", "Users of the configuration.")
        page.add([], Double(snapshot.users.count(where: \.isConfigured)))
    }

    private static func addKeys(_ users: [Snapshot.User], _ page: inout MetricsPage) {
        page.begin(
            "keyturn_key_created_timestamp_seconds", "gauge",
            "When a user's access key was created, by its role: current (the targets hold it), next (not yet confirmed everywhere), "
                + "previous (replaced).")
        for user in users {
            for key in user.keys {
                page.add([("user", user.name), ("role", key.role), ("status", key.status)], seconds(key.created))
            }
        }
        page.begin("keyturn_key_max_age_seconds", "gauge", "The age that no Active key of a user is to pass (max-age).")
        for user in users {
            guard let maxAge = user.maxAge else { continue }
            page.add([("user", user.name)], Double(maxAge.milliseconds) / 1_000)
        }
        page.begin("keyturn_key_over_age", "gauge", "1 where an Active key of a user has passed max-age.")
        for user in users { page.add([("user", user.name)], user.isOverAge ? 1 : 0) }
        page.begin("keyturn_leaked_keys", "gauge", "A user's keys that were declared leaked and are not replaced yet.")
        for user in users { page.add([("user", user.name)], Double(user.leaks.all)) }
        page.begin("keyturn_leaked_keys_active", "gauge", "Those of them that can still be used.")
        for user in users { page.add([("user", user.name)], Double(user.leaks.active)) }
    }

    private static func addUsers(_ users: [Snapshot.User], _ page: inout MetricsPage) {
        page.begin("keyturn_user_phase", "gauge", "1 for the phase that a user's rotation is in, 0 for the others.")
        for user in users {
            for phase in Phase.allCases {
                page.add([("user", user.name), ("phase", phase.rawValue)], user.phase == phase ? 1 : 0)
            }
        }
        page.begin(
            "keyturn_rotation_number", "gauge", "The number of a user's rotation in progress, else of the last one.")
        for user in users { page.add([("user", user.name)], Double(user.rotation)) }
        page.begin(
            "keyturn_next_action_timestamp_seconds", "gauge",
            "When a user's next step is due, in seconds since 1970; absent where it waits for a person.")
        for user in users {
            guard let due = user.next.due else { continue }
            page.add([("user", user.name), ("action", user.next.action)], seconds(due))
        }
        page.begin("keyturn_overdue_seconds", "gauge", "For how long a user's next step has been due; 0: it is not.")
        for user in users { page.add([("user", user.name)], Double(user.overdue.milliseconds) / 1_000) }
    }

    private static func addProblems(_ snapshot: Snapshot, _ page: inout MetricsPage) {
        let users = snapshot.users
        page.begin(
            "keyturn_user_problem", "gauge",
            "1 for a user that does not go on by itself or has targets that did not confirm, with the kind of problem.")
        for user in users {
            guard let code = user.problemCode else { continue }
            page.add([("user", user.name), ("code", code)], 1)
        }
        page.begin("keyturn_problems", "gauge", "Users by kind of problem.")
        let counts = Dictionary(users.compactMap(\.problemCode).map { ($0, 1) }, uniquingKeysWith: +)
        for code in Set(snapshot.problemCodes).union(counts.keys).sorted() {
            page.add([("code", code)], Double(counts[code] ?? 0))
        }
        page.begin(
            "keyturn_user_problem_since_timestamp_seconds", "gauge",
            "Since when a user has its problem, in seconds since 1970, where that is known.")
        for user in users {
            guard let since = user.problemSince else { continue }
            page.add([("user", user.name)], seconds(since))
        }
    }

    private static func addDeliveries(_ users: [Snapshot.User], _ page: inout MetricsPage) {
        let states = ["pending", "confirmed", "failed", "unknown", "skipped"]
        page.begin(
            "keyturn_deliveries", "gauge",
            "A user's targets by what became of the key of the rotation in progress, or of the last one.")
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
        page.begin(
            "keyturn_cut_off_targets", "gauge", "Targets that hold a key which no longer works: their jobs fail.")
        for user in users { page.add([("user", user.name)], Double(user.cutOffTargets)) }
        page.begin(
            "keyturn_delivery_attempts", "gauge", "Pushes begun for a user's rotation in progress, or the last one.")
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
            "keyturn_rate_limit_remaining_requests", "gauge",
            "What a pusher may still spend of a rate limit: of that many seconds, or (service) as the service says.")
        for budget in snapshot.budgets {
            page.add([("pusher", budget.pusher), ("span", budget.span)], Double(budget.left))
        }
        page.begin("keyturn_rate_limit_requests", "gauge", "What it may spend in all.")
        for budget in snapshot.budgets {
            guard let limit = budget.limit else { continue }
            page.add([("pusher", budget.pusher), ("span", budget.span)], Double(limit))
        }
        page.begin(
            "keyturn_rate_limit_pause_seconds", "gauge",
            "How long a pusher still waits because its service asked for it.")
        for (pusher, pause) in snapshot.pauses.sorted(by: { $0.key < $1.key }) {
            page.add([("pusher", pusher)], Double(pause.milliseconds) / 1_000)
        }
    }

    private static func addTally(_ snapshot: Snapshot, _ page: inout MetricsPage) {
        let tally = snapshot.tally
        page.begin("keyturn_pushes_total", "counter", "Pushes that this process saw end, by outcome.")
        for pusher in Set(snapshot.pushers).union(tally.pushes.keys).sorted() {
            let pushes = tally.pushes[pusher] ?? Tally.Pushes()
            page.add([("pusher", pusher), ("outcome", "confirmed")], Double(pushes.confirmed))
            page.add([("pusher", pusher), ("outcome", "not-confirmed")], Double(pushes.notConfirmed))
        }
        page.begin("keyturn_rotations_completed_total", "counter", "Rotations that this process completed.")
        for user in Set(snapshot.users.map(\.name)).union(tally.completed.keys).sorted() {
            page.add([("user", user)], Double(tally.completed[user] ?? 0))
        }
        page.begin(
            "keyturn_notifications_total", "counter",
            "Messages to receivers since the configuration was taken up, by outcome.")
        for messages in snapshot.messages {
            page.add([("receiver", messages.receiver), ("outcome", "taken")], Double(messages.sent))
            page.add([("receiver", messages.receiver), ("outcome", "failed")], Double(messages.failed))
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
