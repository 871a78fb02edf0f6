import Listening
import Rotation
import Testing

@Suite("Metrics")
struct MetricsTests {
    private func lines(_ users: [Snapshot.User], tally: Tally = Tally()) -> [Substring] {
        var snapshot = Sample.snapshot(users)
        snapshot.tally = tally
        return Metrics(snapshot).text.split(separator: "\n")
    }

    @Test("show ages, phases, problems and what is held, by user")
    func users() {
        let held = [
            Sample.delivery("a:1", "failed", attempts: 3), Sample.delivery("a:2", "unknown"),
            Sample.delivery("a:3", "confirmed"),
        ]
        let lines = lines([Sample.user("bot", .delivering, problem: "x", deliveries: held), Sample.user("idle")])
        for line in [
            #"keyturn_key_created_timestamp_seconds{user="bot",role="current",status="Active"} 1799996400"#,
            #"keyturn_user_phase{user="bot",phase="delivering"} 1"#, #"keyturn_user_phase{user="bot",phase="idle"} 0"#,
            #"keyturn_blocked_targets{user="bot"} 2"#, #"keyturn_blocked_targets{user="idle"} 0"#,
            #"keyturn_deliveries{user="bot",state="confirmed"} 1"#, #"keyturn_delivery_attempts{user="bot"} 5"#,
            #"keyturn_delivery_retries{user="bot"} 2"#, #"keyturn_user_problem{user="bot",code="not-delivered"} 1"#,
            #"keyturn_problems{code="not-delivered"} 1"#,
            #"keyturn_next_action_timestamp_seconds{user="idle",action="rotate"} 1800000090"#,
            #"keyturn_build_info{version="1.2.3"} 1"#, "keyturn_last_pass_timestamp_seconds 1799999995",
        ] { #expect(lines.contains(Substring(line)), "\(line)") }
    }

    @Test("are there from the start, with 0")
    func zeros() {
        var snapshot = Sample.snapshot([Sample.user("bot")])
        (snapshot.pushers, snapshot.problemCodes) = (["travis"], ["denied", "not-delivered"])
        snapshot.messages = [.init(receiver: "slack https://hooks.slack.com", sent: 0, failed: 0)]
        let lines = Metrics(snapshot).text.split(separator: "\n")
        for line in [
            #"keyturn_pushes_total{pusher="travis",outcome="confirmed"} 0"#,
            #"keyturn_pushes_total{pusher="travis",outcome="not-confirmed"} 0"#,
            #"keyturn_rotations_completed_total{user="bot"} 0"#, #"keyturn_problems{code="denied"} 0"#,
            #"keyturn_problems{code="not-delivered"} 0"#, #"keyturn_leaked_keys{user="bot"} 0"#,
            #"keyturn_leaked_keys_active{user="bot"} 0"#, #"keyturn_key_over_age{user="bot"} 0"#,
            #"keyturn_drifted_targets{user="bot"} 0"#, #"keyturn_cut_off_targets{user="bot"} 0"#,
            #"keyturn_overdue_seconds{user="bot"} 0"#,
            #"keyturn_notifications_total{receiver="slack https://hooks.slack.com",outcome="failed"} 0"#,
            "keyturn_config_last_reload_successful 1",
            "keyturn_config_last_reload_success_timestamp_seconds 1799999940",
        ] { #expect(lines.contains(Substring(line)), "\(line)") }
        // Of a state that one process has, no workers are known.
        #expect(!lines.contains { $0.hasPrefix("keyturn_workers ") })
    }

    @Test("say that the configuration on disk is not in force, that a key leaked and is too old, and who is late")
    func alarms() {
        var user = Sample.user("bot")
        (user.leaks, user.cutOffTargets, user.isOverAge, user.overdue) = ((2, 1), 3, true, .seconds(90))
        (user.maxAge, user.problemSince) = (.seconds(7_776_000), Sample.now)
        var snapshot = Sample.snapshot([user])
        (snapshot.configuration.refusal, snapshot.workers) = ("this is not YAML", 3)
        let lines = Metrics(snapshot).text.split(separator: "\n")
        for line in [
            "keyturn_config_last_reload_successful 0", "keyturn_workers 3",
            #"keyturn_leaked_keys{user="bot"} 2"#, #"keyturn_leaked_keys_active{user="bot"} 1"#,
            #"keyturn_cut_off_targets{user="bot"} 3"#, #"keyturn_key_over_age{user="bot"} 1"#,
            #"keyturn_key_max_age_seconds{user="bot"} 7776000"#, #"keyturn_overdue_seconds{user="bot"} 90"#,
            #"keyturn_user_problem_since_timestamp_seconds{user="bot"} 1800000000"#,
        ] { #expect(lines.contains(Substring(line)), "\(line)") }
    }

    @Test("have a user that left the configuration, and do not count it among those of the configuration")
    func left() {
        var user = Sample.user("gone", .overlap, problem: "p")
        (user.isConfigured, user.problemCode) = (false, "user-left")
        let lines = lines([Sample.user("bot"), user])
        for line in [
            "keyturn_users 1", #"keyturn_user_problem{user="gone",code="user-left"} 1"#,
            #"keyturn_problems{code="user-left"} 1"#,
        ] { #expect(lines.contains(Substring(line)), "\(line)") }
    }

    @Test("escape labels")
    func escaping() {
        let lines = lines([Sample.user("a\"b\\c\nd")])
        #expect(lines.contains(#"keyturn_rotation_number{user="a\"b\\c\nd"} 7"#))
    }

    @Test("do not grow with the targets")
    func cardinality() {
        func user(_ targets: Int) -> [Snapshot.User] {
            [Sample.user("a", deliveries: (0..<targets).map { Sample.delivery("t:\($0)", "confirmed") })]
        }
        #expect(lines(user(1)).count == lines(user(1_000)).count)
    }

    @Test("count pushes by pusher, and time rotations from beginning to end")
    func tally() {
        var tally = Tally()
        let (target, start) = (TargetName("travis:acme/app"), Sample.now)
        tally.take([HistoryEvent(.began), HistoryEvent(.delivering)], of: "a", at: start)
        tally.take([HistoryEvent(.notDelivered, target: target)], of: "a", at: start + .seconds(1))
        tally.take(
            [HistoryEvent(.delivered, target: target), HistoryEvent(.allDelivered)], of: "a", at: start + .seconds(10))
        tally.take([HistoryEvent(.completed)], of: "a", at: start + .seconds(4_000))
        // Of this one the beginning was not seen.
        tally.take([HistoryEvent(.completed)], of: "b", at: start)
        let lines = lines([], tally: tally)
        for line in [
            #"keyturn_pushes_total{pusher="travis",outcome="confirmed"} 1"#,
            #"keyturn_pushes_total{pusher="travis",outcome="not-confirmed"} 1"#,
            #"keyturn_rotations_completed_total{user="b"} 1"#,
            #"keyturn_delivery_duration_seconds_bucket{le="5"} 0"#,
            #"keyturn_delivery_duration_seconds_bucket{le="15"} 1"#,
            #"keyturn_rotation_duration_seconds_bucket{le="3600"} 0"#,
            #"keyturn_rotation_duration_seconds_bucket{le="+Inf"} 1"#, "keyturn_rotation_duration_seconds_sum 4000",
            "keyturn_rotation_duration_seconds_count 1",
        ] { #expect(lines.contains(Substring(line)), "\(line)") }
    }
}
