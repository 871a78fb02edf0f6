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

    @Test("tell ages, phases, problems and what is held, by user")
    func users() {
        let held = [
            Sample.delivery("a:1", "failed", attempts: 3), Sample.delivery("a:2", "unknown"),
            Sample.delivery("a:3", "confirmed"),
        ]
        let lines = lines([Sample.user("bot", .delivering, problem: "x", deliveries: held), Sample.user("idle")])
        for line in [
            #"keyturn_key_age_seconds{user="bot",role="current",status="Active"} 3600"#,
            #"keyturn_user_phase{user="bot",phase="delivering"} 1"#, #"keyturn_user_phase{user="bot",phase="idle"} 0"#,
            #"keyturn_blocked_targets{user="bot"} 2"#, #"keyturn_blocked_targets{user="idle"} 0"#,
            #"keyturn_deliveries{user="bot",state="confirmed"} 1"#, #"keyturn_delivery_attempts{user="bot"} 5"#,
            #"keyturn_delivery_retries{user="bot"} 2"#, #"keyturn_user_problem{user="bot",code="not-delivered"} 1"#,
            #"keyturn_problems{code="not-delivered"} 1"#,
            #"keyturn_next_action_seconds{user="idle",action="rotate"} 90"#,
            #"keyturn_build_info{version="1.2.3"} 1"#, "keyturn_last_pass_timestamp_seconds 1799999995",
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
