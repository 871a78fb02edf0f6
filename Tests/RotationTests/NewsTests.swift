import Rotation
import Testing

@Suite("News")
struct NewsTests {
    private let start = Timestamp(milliseconds: 1_800_000_000_000)
    private let patience: Duration = .seconds(600)

    private func rotation(_ number: Int = 3, _ phase: Phase = .idle) -> Rotation {
        var rotation = Rotation(at: start)
        rotation.number = number
        rotation.phase = phase
        rotation.current = KeyRecord(id: AccessKeyID("AKIAOLD"), created: start, status: .active)
        return rotation
    }

    private func occasions(_ told: NotificationState, _ rotation: Rotation, after wait: Duration = .zero)
        -> [NotificationEvent.Occasion]
    {
        told.owed(rotation, at: start + wait, patience: patience).map(\.occasion)
    }

    /// What is owed, as reported from then on.
    private func tell(_ told: inout NotificationState, _ rotation: Rotation, after wait: Duration = .zero)
        -> [NotificationEvent.Occasion]
    {
        told.remember(rotation)
        let owed = told.owed(rotation, at: start + wait, patience: patience)
        owed.forEach { told.settle($0) }
        // Every rotation that is complete was delivered before: that has a test of its own.
        return owed.map(\.occasion).filter { $0 != .delivered }
    }

    @Test("a new key is reported once every target has it, once for each rotation, also over rollbacks and missed ones")
    func delivered() {
        var rotation = rotation(3)
        var told = NotificationState(before: rotation)
        func news() -> [Int] {
            let owed = told.owed(rotation, at: start, patience: patience).filter { $0.occasion == .delivered }
            owed.forEach { told.settle($0) }
            return owed.map(\.rotation)
        }
        #expect(news() == [])
        rotation.number = 4
        for phase in [Phase.creating, .verifying, .delivering] {
            rotation.phase = phase
            #expect(news() == [])
        }
        rotation.phase = .overlap
        var late = Delivery()
        late.state = .failed
        rotation.deliveries = [TargetName("t:x"): late]
        #expect(news() == [], "a target that was added has not confirmed")
        rotation.deliveries = [:]
        #expect(news() == [4])
        rotation.phase = .soak
        #expect(news() == [])
        rotation.phase = .overlap
        #expect(news() == [], "the old key was brought back")
        rotation.phase = .idle
        #expect(news() == [])
        (rotation.number, rotation.phase) = (6, .creating)
        #expect(news() == [5])
    }

    @Test("what only a person resolves is reported at once, the rest when it has lasted")
    func patienceCounts() {
        var rotation = rotation()
        let told = NotificationState(before: rotation)
        rotation.problem = Problem(code: .unaccountedKey, message: "x", since: start)
        #expect(occasions(told, rotation) == [.blocked])
        rotation.problem = Problem(code: .unreachable, message: "x", since: start)
        #expect(occasions(told, rotation, after: .seconds(599)) == [])
        #expect(occasions(told, rotation, after: .seconds(600)) == [.blocked])
    }

    @Test("a key that passes max-age is reported once, and its successor again")
    func overAge() {
        var policy = Policy()
        policy.maxAge = .seconds(1_000)
        var rotation = rotation()
        var told = NotificationState(before: rotation)
        func owed(after seconds: Int64) -> [NotificationEvent] {
            told.remember(rotation)
            return told.owed(rotation, at: start + .seconds(seconds), patience: patience, policy: policy)
        }
        #expect(owed(after: 999).isEmpty)
        let news = owed(after: 1_000)
        #expect(news.map(\.occasion) == [.overAge] && news[0].since == start + .seconds(1_000))
        news.forEach { told.settle($0) }
        #expect(owed(after: 5_000).isEmpty)
        rotation.current = KeyRecord(id: AccessKeyID("AKIANEW"), created: start + .seconds(9_000), status: .active)
        #expect(owed(after: 9_999).isEmpty)
        #expect(owed(after: 10_000).map(\.occasion) == [.overAge])
    }

    @Test(
        "a target that has not confirmed for some time is reported once, whatever it says the next time, and its recovery too"
    )
    func target() {
        var rotation = rotation(3, .delivering)
        rotation.next = KeyRecord(id: AccessKeyID("AKIANEW"), created: start, status: .active)
        var told = NotificationState(before: rotation)
        for detail in ["502", "503"] {
            var delivery = Delivery()
            delivery.state = .failed
            delivery.detail = detail
            rotation.deliveries[TargetName("a:b")] = delivery
            #expect(tell(&told, rotation, after: .seconds(700)) == (detail == "502" ? [.blocked] : []))
        }
        rotation.deliveries[TargetName("a:b")]?.state = .confirmed
        #expect(tell(&told, rotation, after: .seconds(701)) == [.recovered])
        #expect(tell(&told, rotation, after: .seconds(702)) == [])
    }

    @Test("what was over before it was reported is not reported")
    func short() {
        var rotation = rotation()
        var told = NotificationState(before: rotation)
        rotation.problem = Problem(code: .denied, message: "x", since: start)
        #expect(tell(&told, rotation) == [])
        rotation.problem = nil
        #expect(tell(&told, rotation, after: .seconds(900)) == [])
    }

    @Test("another problem is reported again")
    func change() {
        var rotation = rotation()
        var told = NotificationState(before: rotation)
        rotation.problem = Problem(code: .unaccountedKey, message: "x", since: start)
        #expect(tell(&told, rotation) == [.blocked])
        rotation.problem = Problem(code: .noSuchUser, message: "y", since: start)
        #expect(tell(&told, rotation) == [.blocked])
    }

    @Test("a completed rotation is reported once, those before it never")
    func completed() {
        var rotation = rotation(3)
        var told = NotificationState(before: rotation)
        #expect(tell(&told, rotation) == [])
        rotation.number = 4
        rotation.phase = .soak
        #expect(tell(&told, rotation) == [])
        rotation.phase = .idle
        #expect(tell(&told, rotation) == [.completed])
        #expect(tell(&told, rotation) == [])
        // One that was missed is reported while the next is in progress.
        rotation.number = 6
        rotation.phase = .creating
        #expect(tell(&told, rotation) == [.completed])
    }

    @Test("a leaked key is reported when it is dead, also if the rotation is over by then")
    func revoked() {
        var rotation = rotation()
        var told = NotificationState(before: rotation)
        rotation.leaks = [Leak(AccessKeyID("AKIAOLD"))]
        #expect(tell(&told, rotation) == [])
        var later = rotation
        later.current?.status = .inactive
        var other = told
        #expect(tell(&other, later) == [.revoked])
        #expect(tell(&other, later) == [])
        // No one looked between: the record of the leak is gone from the rotation.
        later.leaks = []
        later.number = 4
        later.current = KeyRecord(id: AccessKeyID("AKIANEW"), created: start, status: .active)
        #expect(tell(&told, later) == [.revoked, .completed])
        #expect(tell(&told, later) == [])
        // The next leak is another one.
        later.leaks = [Leak(AccessKeyID("AKIANEW"))]
        #expect(tell(&told, later) == [])
        later.current?.status = .inactive
        #expect(tell(&told, later) == [.revoked])
    }

    @Test("a leaked key that still lives because a target does not confirm is reported at once")
    func leakedAndHeld() {
        var rotation = rotation(3, .delivering)
        rotation.next = KeyRecord(id: AccessKeyID("AKIANEW"), created: start, status: .active)
        let told = NotificationState(before: rotation)
        var delivery = Delivery()
        delivery.state = .failed
        rotation.deliveries[TargetName("a:b")] = delivery
        #expect(occasions(told, rotation) == [])
        rotation.leaks = rotation.current.map { [Leak($0.id)] } ?? []
        #expect(occasions(told, rotation) == [.blocked])
    }

    private func incident(_ id: String) -> NotificationState.Incident { .init(id: id, cause: nil, at: start) }

    @Test("drift that was reported is reported as over, and one that was not sent is not")
    func driftIsOver() {
        var rotation = rotation()
        var told = NotificationState(before: rotation)
        var delivery = Delivery()
        delivery.state = .confirmed
        delivery.drift = Drift(.unknownKey, key: AccessKeyID("AKIAOTHER"), since: start)
        rotation.deliveries[TargetName("a:b")] = delivery
        let news = told.owed(rotation, at: start, patience: patience)
        #expect(news.map(\.occasion) == [.drift])
        var unsent = told
        unsent.settle(news[0])
        told.settle(news[0], by: incident("one"))
        rotation.deliveries[TargetName("a:b")]?.drift = nil
        #expect(tell(&unsent, rotation) == [])
        told.remember(rotation)
        let end = told.owed(rotation, at: start, patience: patience)
        #expect(end.map(\.occasion) == [.recovered] && end[0].ended == .drift)
        #expect(told.incident(.drift)?.id == "one")
        told.settle(end[0])
        #expect(told.incident(.drift) == nil && occasions(told, rotation) == [])
        // It comes again.
        rotation.deliveries[TargetName("a:b")]?.drift = Drift(.unknownKey, since: start)
        #expect(tell(&told, rotation) == [.drift])
    }

    @Test("an old key that is replaced ends what was reported of it, before its successor is reported")
    func ageIsOver() {
        var policy = Policy()
        policy.maxAge = .seconds(1_000)
        var rotation = rotation()
        var told = NotificationState(before: rotation)
        let late = start + .seconds(1_000)
        told.settle(told.owed(rotation, at: late, patience: patience, policy: policy)[0], by: incident("old"))
        rotation.current = KeyRecord(id: AccessKeyID("AKIANEW"), created: start, status: .active)
        let first = told.owed(rotation, at: late, patience: patience, policy: policy)
        #expect(first.map(\.occasion) == [.recovered] && first[0].ended == .overAge)
        told.settle(first[0])
        #expect(told.owed(rotation, at: late, patience: patience, policy: policy).map(\.occasion) == [.overAge])
    }
}
