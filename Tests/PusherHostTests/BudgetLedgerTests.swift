@testable import HTTP
import JSON
import Rotation
import Secrets
import Testing

@testable import PusherHost

@Suite("Ledgers of a fleet")
struct BudgetLedgerTests {
    private let minute = BudgetLedger.Limit(seconds: 60, cost: 80)

    private func exchange(
        _ owner: String, units: Int = 0, open: Int = 0, for openFor: Int64 = 0, ended: [(Int, Int64)] = []
    ) -> BudgetLedger.Exchange {
        var exchange = BudgetLedger.Exchange(owner: owner, limits: [minute])
        (exchange.unit, exchange.unitRequests, exchange.units, exchange.longest) = ([10], 4, units, 32_000)
        (exchange.open, exchange.openFor) = ([open], openFor)
        exchange.ended = [ended.map { (cost: $0.0, ago: $0.1) }]
        return exchange
    }

    @Test("lend what is there, once, and say when there is more")
    func lend() {
        var ledger = BudgetLedger()
        #expect(ledger.exchange(exchange("one", units: 5), age: 0).units == 5)
        #expect(ledger.exchange(exchange("two", units: 5), age: 10).units == 3)
        #expect(ledger.exchange(exchange("three", units: 5), age: 10).units == 0)
        // The first has spent 40 of its 50, the second all.
        _ = ledger.exchange(exchange("one", ended: [(40, 500)]), age: 1_000)
        _ = ledger.exchange(exchange("two", ended: [(30, 0)]), age: 0)
        #expect(ledger.exchange(exchange("three", units: 5), age: 0).units == 1)
        let answer = ledger.exchange(exchange("three", ended: [(10, 0)]), age: 0)
        #expect(answer.others == [80])
        let later = ledger.exchange(exchange("one", units: 1), age: 100)
        #expect(later.units == 0 && later.wait == 60_000 - 500 - 100)
        #expect(ledger.exchange(exchange("one", units: 9), age: 59_401).units == 4)
    }

    @Test("count what a process never reported as spent at the latest moment that it can have been")
    func silence() {
        var ledger = BudgetLedger()
        #expect(ledger.exchange(exchange("gone", units: 8), age: 0).units == 8)
        // Its calls may last 32 s; the limit's minute begins after that.
        #expect(ledger.exchange(exchange("two", units: 1), age: 91_900).units == 0)
        #expect(ledger.exchange(exchange("two", units: 1), age: 101).units == 1)
    }

    @Test("let a call that needs more than the whole limit go alone")
    func large() {
        var ledger = BudgetLedger()
        var large = exchange("one", units: 1)
        large.unit = [100]
        #expect(ledger.exchange(large, age: 0).units == 1)
        var other = exchange("two", units: 1)
        other.unit = [100]
        #expect(ledger.exchange(other, age: 10).units == 0)
    }

    @Test("report to all a pause, and what the service says is left")
    func news() {
        var ledger = BudgetLedger()
        var told = exchange("one")
        told.pause = BudgetLedger.Pause(left: 7_000, isAskedFor: true)
        told.remaining = BudgetLedger.Remaining(count: 9, reset: 30_000)
        told.isStricter = true
        _ = ledger.exchange(told, age: 0)
        let answer = ledger.exchange(exchange("two", units: 8), age: 2_000)
        #expect(answer.pause == BudgetLedger.Pause(left: 5_000, isAskedFor: true) && answer.isStricter)
        #expect(answer.remaining == BudgetLedger.Remaining(count: 9, reset: 28_000))
        // Of nine requests two calls may send four each.
        #expect(answer.units == 2)
        #expect(ledger.exchange(exchange("three", units: 1), age: 0).units == 0)
        #expect(ledger.exchange(exchange("three", units: 1), age: 28_001).remaining == nil)
    }

    @Test("ask for a part of what the service says is left, where that is the only limit")
    func primaryLimit() throws {
        let pace = Pace(PaceRules(try JSONValue(parsing: #"{"push":{"read":2,"write":2}}"#)), isVendor: false)
        pace.loan = Loan("ledger", owner: "one", pace.rules)
        let now = ContinuousClock.now
        // Nothing is known, so nothing is shared.
        var reservation = try pace.reserve(at: now).get()
        #expect(pace.admit("GET", &reservation, at: now) == nil)
        let fields = [("ratelimit-limit", "400"), ("ratelimit-remaining", "320"), ("ratelimit-reset", "4000000000")]
        pace.learn(
            from: HTTPResponse(status: 200, headers: fields.map { (name: $0.0, value: $0.1) }, body: .text("")), at: now
        )
        #expect(throws: Pace.Wait.self) { try pace.reserve(at: now).get() }
        let exchange = try #require(pace.exchange(at: now))
        #expect(exchange.units == 10 && exchange.unitRequests == 4 && exchange.remaining?.count == 320)
        var ledger = BudgetLedger()
        pace.take(.success(ledger.exchange(exchange, age: 0)), at: now)
        for _ in 0..<10 { _ = try pace.reserve(at: now).get() }
        #expect(throws: Pace.Wait.self) { try pace.reserve(at: now).get() }
    }

    @Test("stay small, and forget nothing early")
    func size() {
        var ledger = BudgetLedger()
        for _ in 0..<1_000 { _ = ledger.exchange(exchange("one", ended: [(1, 0)]), age: 50) }
        #expect(ledger.books[0].spent.count <= 120)
        #expect(ledger.books[0].spent.reduce(0) { $0 + $1.cost } >= 1_000)
    }

    // MARK: A fleet

    /// Whoever counts at the service.
    private struct Service {
        var requests: [(at: Int, cost: Int)] = []

        /// The most that was spent in any span of that length.
        func most(in span: Int) -> Int {
            var (most, sum, first) = (0, 0, 0)
            for request in requests {
                sum += request.cost
                while requests[first].at <= request.at - span {
                    sum -= requests[first].cost
                    first += 1
                }
                most = max(most, sum)
            }
            return most
        }
    }

    private final class Worker {
        let pace: Pace
        var calls: [(reservation: Pace.Reservation, left: Int, next: Int)] = []
        var queue: Int
        var answer: (at: Int, answer: Paces.Exchanged)?

        init(_ name: String, _ rules: PaceRules, queue: Int) {
            pace = Pace(rules, isVendor: true)
            pace.loan = Loan("ledger", owner: name, pace.rules)
            self.queue = queue
        }
    }

    private struct Away: Error {}

    /// Workers that share a token, in simulated milliseconds.
    ///
    /// - Parameters:
    ///   - crash: after that many milliseconds the first worker is gone.
    ///   - loss: each so manieth exchange is not answered.
    /// - Returns: what the service saw, when the last call ended, and how often the ledger was written.
    private func run(
        workers count: Int, pushes: Int, seed: UInt64, crash: Int? = nil, loss: Int = .max
    ) throws -> (service: Service, end: Int, writings: Int) {
        let rules = PaceRules(
            try JSONValue(
                parsing: #"{"limits":[{"seconds":60,"cost":900,"read":1,"write":5}],"push":{"read":4,"write":2}}"#))
        var random = Seeded(seed)
        var (ledger, written, writings, service, end) = (BudgetLedger(), 0, 0, Service(), 0)
        var workers = (0..<count).map { Worker("w\($0)", rules, queue: pushes / count) }
        let start = ContinuousClock.now
        var now = 0
        while workers.contains(where: { $0.queue > 0 || !$0.calls.isEmpty }), now < 3_600_000 {
            if let crash, now >= crash, workers.count == count { workers.removeFirst() }
            let instant = start + .milliseconds(now)
            for worker in workers {
                if let (at, answer) = worker.answer, at <= now {
                    worker.answer = nil
                    worker.pace.take(answer, at: instant)
                }
                while worker.queue > 0, worker.calls.count < 40,
                    case .success(let reservation) = worker.pace.reserve(
                        timeout: .seconds(30), at: instant)
                {
                    worker.queue -= 1
                    worker.calls.append((reservation, 6, now + Int.random(in: 5...80, using: &random)))
                }
                for index in worker.calls.indices where worker.calls[index].next <= now {
                    let method = worker.calls[index].left > 2 ? "GET" : "PUT"
                    guard worker.pace.admit(method, &worker.calls[index].reservation, at: instant) == nil else {
                        continue
                    }
                    service.requests.append((now, method == "GET" ? 1 : 5))
                    worker.pace.learn(from: HTTPResponse(status: 200, headers: [], body: .text("")), at: instant)
                    worker.calls[index].left -= 1
                    worker.calls[index].next = now + Int.random(in: 5...400, using: &random)
                    end = now
                }
                for call in worker.calls where call.left == 0 { worker.pace.release(call.reservation, at: instant) }
                worker.calls.removeAll { $0.left == 0 }
                guard worker.answer == nil, let exchange = worker.pace.exchange(at: instant) else { continue }
                writings += 1
                let delay = Int.random(in: 1...30, using: &random)
                let answer = ledger.exchange(exchange, age: Int64(now - written))
                written = now
                worker.answer = (
                    now + delay, writings % loss == 0 ? .failure(Away()) : .success(answer)
                )
            }
            now += 10
        }
        #expect(now < 3_600_000)
        return (service, end, writings)
    }

    @Test("share a limit: it is kept at the service, and used", arguments: 1...3)
    func fleet(seed: UInt64) throws {
        let (service, end, writings) = try run(workers: 3, pushes: 330, seed: seed)
        #expect(service.requests.count == 330 * 6)
        #expect(service.most(in: 60_000) <= 900)
        // 64 pushes a minute: six lots, the last one begins after five minutes.
        #expect(end < Int(5 * 60_000 * 1.1))
        // Slices: far fewer writings than requests.
        #expect(writings < 330 * 6 / 2)
    }

    @Test("keep the limit though a worker is gone in the middle, or answers are lost", arguments: 1...3)
    func faults(seed: UInt64) throws {
        let (gone, _, _) = try run(workers: 3, pushes: 150, seed: seed, crash: 700 * Int(seed))
        #expect(gone.most(in: 60_000) <= 900)
        let (lost, _, _) = try run(workers: 3, pushes: 150, seed: seed, loss: 3)
        #expect(lost.requests.count == 150 * 6 && lost.most(in: 60_000) <= 900)
    }
}

/// Numbers that are the same each time.
private struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
