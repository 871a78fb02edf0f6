import Programs
import Rotation
import Synchronization
import Testing

@testable import Notifications

/// A state in memory.
private final class Book: ToldStore {
    let told = Mutex<[String: [String: NotificationState]]>([:])
    let current = Mutex<[String: Rotation]>([:])

    func told(at destination: String) throws -> [String: NotificationState] { told.withLock { $0[destination] ?? [:] } }
    func write(_ new: [String: NotificationState], at destination: String) throws {
        told.withLock { $0[destination, default: [:]].merge(new) { $1 } }
    }
    func rotations() throws -> [String: Rotation] { current.withLock { $0 } }
}

/// What was sent.
private final class Inbox: Sendable {
    let messages = Mutex<[String]>([])
    let isDown = Mutex(false)

    func take(_ message: Message, _ destination: Destination) throws {
        if isDown.withLock({ $0 }) { throw DeliveryError(description: "down", isPassing: false) }
        messages.withLock { $0.append("\(destination.name) \(message.id)") }
    }

    var all: [String] { messages.withLock { $0 } }
}

@Suite("The notifier", .timeLimit(.minutes(1)))
struct NotifierTests {
    private let start = Timestamp(milliseconds: 1_800_000_000_000)
    private let book = Book()
    private let inbox = Inbox()
    private let lines = Inbox()

    private func program(_ name: String) -> Program { Program([name], environment: [:], timeLimit: .seconds(1)) }

    private func notifier(
        _ occasions: [NotificationEvent.Occasion] = NotificationEvent.Occasion.allCases, names: [String] = ["d"]
    ) async throws
        -> Notifier
    {
        let destinations = names.map {
            Destination(name: $0, way: .command(program($0)), occasions: Set(occasions), patience: .seconds(600))
        }
        let (inbox, lines, start) = (inbox, lines, start)
        return try await Notifier(
            destinations, users: ["bot": NotifiedUser()], store: book, now: { start }, time: { "\($0.milliseconds)" },
            warn: { line in lines.messages.withLock { $0.append(line) } }
        ) { try inbox.take($0, $1) }
    }

    private func held(_ code: Problem.Code = .unaccountedKey) -> Rotation {
        var rotation = Rotation(at: start)
        rotation.number = 3
        rotation.problem = Problem(code: code, message: "look", since: start)
        return rotation
    }

    private func put(_ rotation: Rotation) { book.current.withLock { $0["bot"] = rotation } }

    @Test("reports a problem once, whoever looks again: another look, another process")
    func once() async throws {
        put(held())
        for _ in 0..<2 {
            let notifier = try await notifier()
            await notifier.tellOwed()
            notifier.take("bot", held())
            await notifier.tellOwed()
        }
        #expect(inbox.all == ["d bot/3/blocked/unaccounted-key/\(start.milliseconds)"])
        var well = held()
        well.problem = nil
        put(well)
        for _ in 0..<2 { await (try await notifier()).tellOwed() }
        #expect(inbox.all.count == 2)
        #expect(inbox.all.last == "d bot/3/recovered/unaccounted-key")
    }

    @Test("two that are at work at once report once, and a leak is reported though the state has not heard of it")
    func two() async throws {
        var before = held()
        before.problem = nil
        before.current = KeyRecord(id: AccessKeyID("AKIAOLD"), created: start, status: .active)
        put(before)
        let (one, other) = (try await notifier(), try await notifier())
        await one.tellOwed()
        for notifier in [one, other] { notifier.take("bot", held()) }
        await one.tellOwed()
        await other.tellOwed()
        #expect(inbox.all == ["d bot/3/blocked/unaccounted-key/\(start.milliseconds)"])
        before.leaks = [Leak(AccessKeyID("AKIAOLD"))]
        one.take("bot", before)
        before.leaks = []
        before.current?.id = AccessKeyID("AKIANEW")
        one.take("bot", before)
        await one.tellOwed()
        #expect(inbox.all.dropFirst() == ["d bot/3/recovered/unaccounted-key", "d bot/3/revoked/AKIAOLD"])
    }

    @Test("what could not be reported is reported by the next process")
    func down() async throws {
        put(held())
        inbox.isDown.withLock { $0 = true }
        await (try await notifier()).tellOwed()
        #expect(inbox.all.isEmpty)
        #expect(lines.all.count == 1)
        inbox.isDown.withLock { $0 = false }
        await (try await notifier()).tellOwed()
        #expect(inbox.all.count == 1)
    }

    @Test("a destination that fails is left alone for a while, and holds no other up")
    func pause() async throws {
        put(held())
        let notifier = try await notifier()
        inbox.isDown.withLock { $0 = true }
        await notifier.tellOwed()
        inbox.isDown.withLock { $0 = false }
        notifier.take("bot", held())
        await notifier.tellOwed()
        #expect(inbox.all.isEmpty)
        await (try await self.notifier(names: ["a", "b"])).tellOwed()
        #expect(inbox.all.sorted().map { $0.prefix(1) } == ["a", "b"])
    }

    @Test("what no one asked for is not reported, later neither")
    func chosen() async throws {
        put(held())
        await (try await notifier([.completed])).tellOwed()
        #expect(inbox.all.isEmpty)
        await (try await notifier()).tellOwed()
        #expect(inbox.all.isEmpty)
    }

    @Test("ends in bounded time with a receiver that never answers")
    func farewell() async throws {
        put(held())
        let destination = Destination(name: "d", way: .command(program("d")), occasions: [.blocked], patience: .zero)
        let notifier = try await Notifier(
            [destination], users: ["bot": NotifiedUser()], store: book, now: { start }, time: { _ in "" },
            warn: { _ in }
        ) { _, _ in try await Task.sleep(for: .seconds(3_600)) }
        notifier.start()
        let began = ContinuousClock.now
        await notifier.close(within: .milliseconds(100))
        #expect(ContinuousClock.now - began < .seconds(20))
    }

    @Test("reports at the end what came last")
    func last() async throws {
        var before = held()
        before.problem = nil
        put(before)
        let notifier = try await notifier()
        notifier.start()
        notifier.take("bot", held())
        await notifier.close(within: .seconds(20))
        #expect(inbox.all.count == 1)
    }

    @Test("a user with an owner is reported there, and nowhere else")
    func owners() async throws {
        book.current.withLock { $0 = ["bot": held(), "own": held()] }
        let (inbox, start) = (inbox, start)
        let names: [(String, String?)] = [("default", nil), ("team", "team")]
        let destinations = names.map { name, owner in
            Destination(
                name: name, way: .command(program(name)), occasions: Set(NotificationEvent.Occasion.allCases),
                patience: .seconds(600), owner: owner)
        }
        let notifier = try await Notifier(
            destinations, users: ["bot": NotifiedUser(), "own": NotifiedUser(owner: "team")], store: book,
            now: { start }, time: { _ in "" }, warn: { _ in }
        ) { try inbox.take($0, $1) }
        await notifier.tellOwed()
        let moment = start.milliseconds
        #expect(
            inbox.all.sorted() == [
                "default bot/3/blocked/unaccounted-key/\(moment)", "team own/3/blocked/unaccounted-key/\(moment)",
            ])
    }

    @Test("a configuration that cannot be used is reported once, over restarts, and so is its end")
    func configuration() async throws {
        for _ in 0..<2 {
            let notifier = try await notifier()
            await notifier.tellOwed()
            notifier.take(configuration: "keyturn.yaml:3: this is not YAML")
            await notifier.tellOwed()
        }
        #expect(inbox.all == ["d configuration/\(start.milliseconds)"])
        // One that does not read the file again knows nothing of it.
        await (try await notifier()).tellOwed()
        #expect(inbox.all.count == 1)
        for _ in 0..<2 {
            let notifier = try await notifier()
            notifier.take(configuration: nil)
            await notifier.tellOwed()
        }
        #expect(inbox.all.dropFirst() == ["d recovered/configuration/\(start.milliseconds)"])
    }

    @Test("two processes report one cause once, and count what they sent")
    func oneCause() async throws {
        var late = held()
        (late.problem, late.phase, late.phaseSince) = (nil, .delivering, start - .seconds(700))
        late.next = KeyRecord(id: AccessKeyID("AKIANEW"), created: start, status: .active)
        var delivery = Delivery()
        (delivery.state, delivery.outcome) = (.failed, .unauthorized)
        late.deliveries[TargetName("github:acme/app")] = delivery
        let names = (0..<20).map { "user-\($0)" }
        book.current.withLock { $0 = Dictionary(uniqueKeysWithValues: names.map { ($0, late) }) }
        let (inbox, start) = (inbox, start)
        func notifier() async throws -> Notifier {
            try await Notifier(
                [
                    Destination(
                        name: "d", way: .command(program("d")),
                        occasions: Set(NotificationEvent.Occasion.allCases), patience: .seconds(600))
                ], users: Dictionary(uniqueKeysWithValues: names.map { ($0, NotifiedUser()) }), store: book,
                now: { start }, time: { _ in "" }, warn: { _ in }
            ) { try inbox.take($0, $1) }
        }
        let (one, other) = (try await notifier(), try await notifier())
        await one.tellOwed()
        await other.tellOwed()
        #expect(inbox.all.count == 1)
        #expect(one.counts.map(\.sent) == [1] && other.counts.map(\.sent) == [0])
    }
}
