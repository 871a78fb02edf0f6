import Configuration
import Rotation
import Synchronization
import Testing

@testable import Engine
@testable import Operations

@Suite("What status shows first")
struct TroubleTests {
    private let now = Timestamp(milliseconds: 1_800_000_000_000)

    /// A user whose rotation delivers to one target.
    private func rotation(old: AccessKey.Status = .active) -> Rotation {
        var rotation = Rotation(at: now)
        (rotation.number, rotation.phase) = (2, .delivering)
        rotation.current = KeyRecord(id: AccessKeyID("AKIAOLDEXAMPLE000001"), created: now, status: old)
        rotation.next = KeyRecord(id: AccessKeyID("AKIANEWEXAMPLE000001"), created: now, status: .active)
        return rotation
    }

    private let places = ["github:acme/app", "gitlab:acme/tools/app"].map { TargetName($0) }

    @Test("an order that many users refuse for one reason is one line, and of few a line each")
    func refusals() {
        func lines(_ users: Int) -> [String] {
            let lines = Mutex<[String]>([])
            let outcomes = (1...users).map { index in
                UserOutcome(
                    user: "u\(index)", end: .rested,
                    refusals: [OrderRefusal(index == users ? "`keyturn retry USER` first" : "`freeze` holds it")])
            }
            RotationRun.tell(outcomes, EventLog { _, text in lines.withLock { $0.append(text) } })
            return lines.withLock { $0 }
        }
        #expect(
            lines(9) == [
                "u1, u2, u3 and 5 more: `freeze` holds it. The order had no effect on these 8 users.",
                "u9: `keyturn retry u9` first. The order had no effect.",
            ])
        #expect(lines(4).count == 4)
    }

    @Test("a leaked key that is still Active is named with what kills it")
    func leak() throws {
        var leaking = rotation()
        leaking.leaks = [Leak(AccessKeyID("AKIAOLDEXAMPLE000001"))]
        let shown = try #require(leaking.leakedKeys.first)
        #expect(shown.isActive && shown.text.contains("IS STILL ACTIVE"))
        #expect(shown.text.contains("`keyturn revoke AKIAOLDEXAMPLE000001 --now`"))
        leaking.current?.status = .inactive
        #expect(leaking.leakedKeys.first?.status == "Inactive")
        leaking.current = nil
        #expect(leaking.leakedKeys.first?.status == "deleted")
    }

    @Test("targets that hold a key which is Inactive or deleted are cut off, those that have the new one are not")
    func outage() throws {
        #expect(rotation().outage(places, of: "bot") == nil)
        var dead = rotation(old: .inactive)
        #expect(dead.outage(places, of: "bot") == nil, "of targets without a delivery nothing is known in `delivering`")
        for place in places { dead.deliveries[place] = Delivery() }
        #expect(dead.outage(places, of: "bot")?.targets == places.map(\.rawValue))
        dead.deliveries[places[0]]?.state = .confirmed
        let left = try #require(dead.outage(places, of: "bot"))
        #expect(
            left.targets == ["gitlab:acme/tools/app"]
                && left.text.hasPrefix("1 of 2 targets holds AKIAOLDEXAMPLE000001")
        )
        dead.deliveries[places[1]]?.state = .skipped
        #expect(
            dead.outage(places, of: "bot")?.targets == ["gitlab:acme/tools/app"],
            "one that was skipped holds what it held")
        dead.deliveries[places[1]]?.state = .pending
        dead.leaks = [Leak(AccessKeyID("AKIAOLDEXAMPLE000001"), isAtOnce: true)]
        dead.current = nil
        #expect(dead.outage(places, of: "bot")?.text.contains("deleted") == true)
        var first = rotation()
        first.current = nil
        #expect(first.outage(places, of: "bot") == nil, "a user that had no key cuts no target off")
    }

    @Test("a target that was skipped keeps its dead key after the rotation, and the sentence says what to type")
    func outageAfterSkip() throws {
        var over = Rotation(at: now)
        over.number = 1
        over.deliveries[places[0]] = Delivery()
        over.deliveries[places[0]]?.state = .skipped
        #expect(over.outage(places, of: "bot") == nil)
        over.deliveries[places[0]]?.deadKey = AccessKeyID("AKIAOLDEXAMPLE000001")
        let outage = try #require(over.outage(places, of: "bot"))
        #expect(outage.key == "AKIAOLDEXAMPLE000001" && outage.targets == ["github:acme/app"])
        #expect(
            outage.text
                == "1 of 2 targets holds AKIAOLDEXAMPLE000001, which is deleted: jobs there fail until the next rotation, "
                + "which `keyturn rotate bot` begins (github:acme/app)")
        #expect(over.outage([places[0]], of: "bot")?.text.hasPrefix("its only target holds ") == true)
    }

    @Test("one target that is open is not 1 of 1 in what a retry led to")
    func onlyTarget() throws {
        let context = try Directory(Directory.configuration())
        let user = try #require(try LoadedConfiguration(context.context).users.first)
        var shown = StatusDocument.User(user, rotation(), at: now)
        shown.deliveries = [.init(target: "github:acme/app", state: "failed", evidence: nil, attempts: 1, at: nil)]
        #expect(shown.resultOfRetry.hasPrefix("\(shown.user): its only target has not confirmed; next: "))
    }

    @Test("five hundred users behind one refused token are one group; a leak and another cause are shown by themselves")
    func groups() throws {
        let context = try Directory(Directory.configuration())
        let user = try #require(try LoadedConfiguration(context.context).users.first)
        func line(_ number: Int, _ detail: String) -> StatusDocument.User {
            var delivering = rotation()
            let target = TargetName("github:acme/app-\(number)")
            delivering.deliveries[target] = Delivery()
            delivering.deliveries[target]?.state = .failed
            delivering.deliveries[target]?.detail = detail
            var shown = StatusDocument.User(user, delivering, at: now)
            shown.user = "ci-\(number)"
            shown.deliveries = shown.deliveries.filter { $0.target == target.rawValue }
            shown.deliveries[0].detail = detail
            return shown
        }
        var users = (0..<500).map { line($0, "GitHub refused the token for acme/app-\($0) (401)") }
        users.append(line(500, "GitHub found no acme/app-500 (404)"))
        users[7].leaks = [.init(key: "AKIAOLDEXAMPLE000001", status: "Active", text: "x")]
        users[3].next = .init(action: "push", due: "2026-11-29T10:00:00Z")
        users[4].next = .init(action: "push", due: "2026-11-29T09:00:00Z")
        for index in users.indices where index != 3 && index != 4 { users[index].next = .init(action: "blocked") }
        let (groups, others) = TroubleGroup.groups(of: users)
        #expect(groups.map(\.users.count) == [499] && groups[0].targets == 499)
        #expect(groups[0].causes == ["github: GitHub refused the token for … (401)"])
        #expect(groups[0].nextPush == Moment.parse("2026-11-29T09:00:00Z"))
        #expect(others.map(\.user) == ["ci-7", "ci-500"])
    }
}
