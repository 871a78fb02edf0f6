import Programs
import Rotation
import Testing

@testable import Notifications

@Suite("Groups of news")
struct NoticeGroupsTests {
    private static let start = Timestamp(milliseconds: 1_800_000_000_000)
    private static let patience: Duration = .seconds(600)

    /// Users with their rotations, and what one receiver has heard of them.
    private struct World {
        var users: [String: NotifiedUser] = [:]
        var rotations: [String: Rotation] = [:]
        var told: [String: NotificationState] = [:]
        var now = NoticeGroupsTests.start
        var digest: Duration?

        mutating func add(_ user: String, _ rotation: Rotation, account: String = "") {
            users[user] = NotifiedUser(account: account)
            rotations[user] = rotation
            var known = Rotation(at: NoticeGroupsTests.start)
            known.number = 1
            told[user] = told[user] ?? NotificationState(before: known)
        }

        /// What is owed of these users, else of all.
        func owed(_ names: [String]? = nil) -> [Notice.Member] {
            (names ?? users.keys.sorted()).flatMap { name -> [Notice.Member] in
                guard let rotation = rotations[name], let told = told[name], let user = users[name] else { return [] }
                return told.owed(rotation, at: now, patience: NoticeGroupsTests.patience, account: user.account).filter
                { $0.occasion != .delivered }.map {
                    Notice.Member(user: name, rotation: rotation, news: $0)
                }
            }
        }

        func notices(_ names: [String]? = nil) -> [Notice] {
            let destination = Destination(
                name: "d", way: .command(Program(["d"], environment: [:], timeLimit: .seconds(1))),
                occasions: Set(NotificationEvent.Occasion.allCases).subtracting([.delivered]),
                patience: NoticeGroupsTests.patience,
                digest: digest)
            return NoticeGroups(destination: destination, users: users, rotations: rotations, told: told, now: now)
                .notices(owed(names))
        }

        /// Sends them, and gives them back.
        mutating func send(_ names: [String]? = nil) -> [Notice] {
            let notices = notices(names)
            for notice in notices {
                let incident = notice.incident.map {
                    NotificationState.Incident(id: $0, cause: notice.cause?.id, at: now)
                }
                for member in notice.members { told[member.user]?.settle(member.news, by: incident) }
            }
            return notices
        }
    }

    private func idle(_ number: Int = 1) -> Rotation {
        var rotation = Rotation(at: Self.start)
        rotation.number = number
        rotation.current = KeyRecord(id: AccessKeyID("AKIAOLD"), created: Self.start, status: .active)
        return rotation
    }

    /// One whose target refuses the token since a moment.
    private func refused(since seconds: Int64, _ outcome: PushResult.Outcome = .unauthorized) -> Rotation {
        var rotation = idle(1)
        (rotation.phase, rotation.phaseSince) = (.delivering, Self.start + .seconds(seconds))
        rotation.next = KeyRecord(id: AccessKeyID("AKIANEW"), created: Self.start, status: .active)
        var delivery = Delivery()
        (delivery.state, delivery.outcome, delivery.detail) = (.failed, outcome, "bad credentials")
        rotation.deliveries[TargetName("github:acme/app")] = delivery
        return rotation
    }

    private func blocked(_ code: Problem.Code) -> Rotation {
        var rotation = idle()
        rotation.problem = Problem(code: code, message: "look", since: Self.start)
        return rotation
    }

    @Test("500 users, one refused token: one notice, though not all have waited for as long yet")
    func oneToken() {
        var world = World()
        for number in 0..<500 { world.add("user-\(1_000 + number)", refused(since: Int64(number))) }
        world.now = Self.start + .seconds(601)
        let notices = world.send()
        #expect(notices.count == 1)
        #expect(notices[0].members.count == 500)
        #expect(notices[0].id == "blocked/not-delivered/github/unauthorized/\(Self.start.milliseconds)")
        let message = Message(notices[0], at: world.now) { "\($0.milliseconds)" }
        #expect(message.title == "500 users are blocked: not-delivered github unauthorized")
        #expect(message.text.contains("user-1000, user-1001") && message.text.contains("and 490 more"))
        #expect(message.severity == .error && message.text.utf8.count <= 2_000)
        // The rest of the hour nothing more, whoever is late for as long now.
        world.now = Self.start + .seconds(1_200)
        #expect(world.send().isEmpty)
    }

    @Test("a push that failed: that it is tried again, which the pusher cannot know")
    func again() throws {
        let rotation = refused(since: 0)
        let sentence = "; keyturn tries again by itself"
        for users in [["a"], ["a", "b"]] {
            var world = World()
            for user in users { world.add(user, rotation) }
            world.now = Self.start + .seconds(601)
            let notice = try #require(world.send().first)
            let text = Message(notice, at: world.now) { $0.rfc3339 }.text
            #expect(text.contains("bad credentials\(sentence)"), "\(text)")
        }
        // What waits for a person is not tried again.
        var world = World()
        var other = blocked(.targetLeft)
        other.deliveries = rotation.deliveries
        world.add("a", other)
        world.now = Self.start + .seconds(601)
        let notice = try #require(world.send().first)
        #expect(!Message(notice, at: world.now) { $0.rfc3339 }.text.contains("tries again"))
    }

    @Test("users that meet a known cause later are reported together, once an hour, and the end is one notice for all")
    func later() {
        var world = World()
        for name in ["a", "b"] { world.add(name, refused(since: 0)) }
        world.now = Self.start + .seconds(600)
        let first = world.send()
        #expect(first.map(\.members.count) == [2])
        world.add("c", refused(since: 600))
        world.add("d", refused(since: 700))
        world.now = Self.start + .seconds(1_400)
        #expect(world.send().isEmpty)
        world.now = Self.start + .seconds(4_200)
        let more = world.send()
        #expect(more.count == 1 && more[0].members.map(\.user) == ["c", "d"] && more[0].isUpdate)
        #expect(more[0].incident == first[0].incident && more[0].id != first[0].id)
        let message = Message(more[0], at: world.now) { _ in "" }
        #expect(message.text.hasPrefix("2 more users need attention for a reason that was reported before"))
        // One after the other is well again.
        for name in ["a", "b", "c"] { world.add(name, idle(2)) }
        #expect(world.send().filter { $0.occasion == .recovered }.isEmpty)
        world.add("d", idle(2))
        let end = world.send(["d"]).filter { $0.occasion == .recovered }
        #expect(end.count == 1 && end[0].members.map(\.user) == ["a", "b", "c", "d"])
        #expect(end[0].incident == first[0].incident)
        #expect(world.told.values.allSatisfy { $0.incident(.blocked) == nil })
    }

    @Test("causes that differ are distinguished: pusher, outcome, account; and a leak is never one of many")
    func apart() {
        var world = World()
        world.add("a", refused(since: 0))
        world.add("b", refused(since: 0, .notFound))
        world.add("c", blocked(.denied), account: "one")
        world.add("d", blocked(.denied), account: "two")
        var leaked = refused(since: 0)
        leaked.leaks = [Leak(AccessKeyID("AKIAOLD"))]
        world.add("e", leaked)
        world.now = Self.start + .seconds(601)
        let notices = world.send()
        #expect(notices.map { $0.members.map(\.user) } == [["a"], ["b"], ["c"], ["d"], ["e"]])
        #expect(Message(notices[4], at: world.now) { _ in "" }.severity == .critical)
    }

    @Test("what is each user's own is reported user by user, and of four users on in one notice")
    func own() {
        var world = World()
        for name in ["a", "b", "c"] { world.add(name, blocked(.unaccountedKey)) }
        #expect(world.notices().count == 3)
        world.add("d", blocked(.unaccountedKey))
        let four = world.send()
        #expect(four.count == 1 && four[0].cause == nil)
        // A fifth one is news: its reason is another.
        world.add("e", blocked(.unaccountedKey))
        #expect(world.send().map { $0.members.map(\.user) } == [["e"]])
        #expect(four[0].id.hasPrefix("blocked/unaccounted-key/"))
    }

    @Test("another problem goes on under the same incident, and closes the one that no one is part of any more")
    func changed() {
        var world = World()
        world.add("a", refused(since: 0))
        world.now = Self.start + .seconds(601)
        let first = world.send()
        world.add("a", blocked(.unaccountedKey))
        let second = world.send()
        #expect(second.count == 1 && second[0].incident == first[0].incident && second[0].closes.isEmpty)
        #expect(second[0].id != first[0].id)
        // It becomes part of what is known of others.
        world.add("b", refused(since: 1))
        let other = world.send(["b"])
        #expect(other[0].incident != first[0].incident)
        world.add("a", refused(since: 0))
        world.now = Self.start + .seconds(9_000)
        let third = world.send(["a"])
        #expect(third.count == 1 && third[0].isUpdate && third[0].incident == other[0].incident)
        #expect(third[0].closes == [first[0].incident ?? ""])
    }

    @Test("a digest collects rotations that are complete, by the clock")
    func digest() {
        var world = World()
        for name in ["a", "b", "c"] { world.add(name, idle(2)) }
        #expect(world.notices().count == 3)
        world.digest = .seconds(3_600)
        #expect(world.notices().isEmpty)
        world.now = Self.start + .seconds(3_600)
        let notices = world.send()
        #expect(notices.count == 1 && notices[0].members.count == 3)
        #expect(notices[0].incident == nil)
        #expect(Message(notices[0], at: world.now) { _ in "" }.title == "3 rotations are complete")
        #expect(world.send().isEmpty)
    }

    @Test("an incident ends though one of its users has left the configuration")
    func gone() {
        var world = World()
        for name in ["a", "b"] { world.add(name, refused(since: 0)) }
        world.now = Self.start + .seconds(601)
        _ = world.send()
        world.users["b"] = nil
        world.add("a", idle(1))
        #expect(world.send().map(\.occasion) == [.recovered])
    }
}
