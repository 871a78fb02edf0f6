internal import Rotation

/// What a process may spend of limits that it shares with a fleet: slices that it borrows from a ledger. Only the loop's thread
/// touches it.
final class Loan {
    /// How long what was lent may be begun with, from before it was asked for.
    private static let validity: Duration = .seconds(2)
    /// How soon it reports what became of it.
    private static let settling: Duration = .seconds(1)
    /// A slice is that part of a limit: what is not needed of it is given back within a second.
    private static let slices = 8

    private struct Telling {
        var at: ContinuousClock.Instant
        var ended: [[(cost: Int, end: ContinuousClock.Instant)]]
        /// What was asked for.
        var unit: (costs: [Int], requests: Int)
        var isOpen: Bool
    }

    let ledger: String
    private let owner: String
    private let rules: [PaceRules.Limit]
    /// Left of what was lent, and until when.
    private var credit: (costs: [Int], requests: Int, until: ContinuousClock.Instant)?
    /// What the next call or request needs that found no credit.
    private var wanted: (costs: [Int], requests: Int)?
    /// What the service says is left of its primary limit, in requests.
    private var remaining = 0
    private var longest: Duration = .zero
    /// When the last call that is in progress has ended at the latest.
    private var openUntil: ContinuousClock.Instant?
    /// What was spent and not reported yet, by rule.
    private var ended: [[(cost: Int, end: ContinuousClock.Instant)]]
    /// The exchange in progress; nil: there is none.
    private var telling: Telling?
    private var told: ContinuousClock.Instant?
    /// Not before that.
    private var next: ContinuousClock.Instant?
    /// Whether the ledger has something of this process in progress.
    private var isOpen = false
    /// Whether the service has said something that all must know at once.
    var hasNews = false
    private var others: (costs: [Int], at: ContinuousClock.Instant)?

    init(_ ledger: String, owner: String, _ rules: [PaceRules.Limit]) {
        (self.ledger, self.owner, self.rules) = (ledger, owner, rules)
        ended = rules.map { _ in [] }
    }

    // MARK: Spending

    func expect(_ timeout: Duration) { longest = max(longest, timeout) }

    /// When to ask again for that much; nil: it may be spent.
    ///
    /// - Parameter remaining: requests that the service says are left; nil: it says nothing.
    func delay(
        _ costs: [Int], _ requests: Int, remaining: Int?, at now: ContinuousClock.Instant
    ) -> ContinuousClock.Instant? {
        if let credit, now < credit.until, credit.requests >= requests,
            zip(credit.costs, costs).allSatisfy({ $0 >= $1 })
        {
            return nil
        }
        wanted = (costs, requests)
        self.remaining = remaining ?? 0
        // The answer wakes whoever waits.
        return max(next ?? now, now + .milliseconds(200))
    }

    func take(_ costs: [Int], _ requests: Int, until end: ContinuousClock.Instant) {
        openUntil = max(openUntil ?? end, end)
        wanted = nil
        guard let credit else { return }
        self.credit?.costs = zip(credit.costs, costs).map { max(0, $0 - $1) }
        self.credit?.requests = max(0, credit.requests - requests)
    }

    func settle(_ rule: Int, _ cost: Int, at end: ContinuousClock.Instant) {
        if cost > 0 { ended[rule].append((cost, end)) }
    }

    /// What others have spent of a limit, or may be spending, as far as it is known.
    func others(_ rule: Int, at now: ContinuousClock.Instant) -> Int {
        others.map { now < $0.at + .seconds(rules[rule].seconds) ? $0.costs[rule] : 0 } ?? 0
    }

    // MARK: The ledger

    /// When there is something to report or to ask for; nil: nothing, or an answer is on its way.
    func nextExchange(at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        guard telling == nil else { return nil }
        let earliest = next ?? now
        if hasNews { return max(earliest, now) }
        let settling = isOpen || ended.contains { !$0.isEmpty } ? (told ?? now) + Self.settling : nil
        return [wanted == nil ? nil : earliest, settling].compactMap { $0 }.min()
    }

    /// What this process reports and asks for.
    ///
    /// - Parameter open: what calls in progress may spend, by rule, and the requests that they may send.
    func exchange(_ open: (costs: [Int], requests: Int), at now: ContinuousClock.Instant) -> BudgetLedger.Exchange {
        var exchange = BudgetLedger.Exchange(
            owner: owner, limits: rules.map { BudgetLedger.Limit(seconds: $0.seconds, cost: $0.cost) })
        (exchange.open, exchange.openRequests) = open
        exchange.openFor = max(0, ((openUntil ?? now) - now).milliseconds)
        exchange.ended = ended.map { $0.map { ($0.cost, max(0, (now - $0.end).milliseconds)) } }
        if let wanted, now >= next ?? now {
            (exchange.unit, exchange.unitRequests) = wanted
            exchange.units = units(of: wanted)
            exchange.longest = (Self.validity + longest).milliseconds
        }
        telling = Telling(
            at: now, ended: ended, unit: (exchange.unit, exchange.unitRequests),
            isOpen: open.requests > 0 || open.costs.contains { $0 > 0 })
        ended = rules.map { _ in [] }
        credit = nil
        hasNews = false
        return exchange
    }

    /// How many calls to ask for at once.
    private func units(of wanted: (costs: [Int], requests: Int)) -> Int {
        let slice = zip(rules, wanted.costs).filter { $1 > 0 }.map { max(1, $0.cost / $1 / Self.slices) }.min()
        // Where no limit applies, what the service says is left is the limit.
        return slice ?? max(1, remaining / max(1, wanted.requests) / Self.slices)
    }

    func take(_ answer: BudgetLedger.Answer, at now: ContinuousClock.Instant) {
        guard let telling else { return }
        (told, self.telling) = (telling.at, nil)
        others = (answer.others, now)
        isOpen = telling.isOpen || answer.units > 0
        // Whoever still waits says so again.
        wanted = nil
        next = answer.wait > 0 ? now + .milliseconds(answer.wait) : nil
        guard answer.units > 0 else { return }
        let (costs, requests) = telling.unit
        credit = (costs.map { $0 * answer.units }, requests * answer.units, telling.at + Self.validity)
    }

    /// Whether the ledger does not know all that was spent, or counts something as in progress.
    var hasSomethingToTell: Bool { isOpen || telling != nil || ended.contains { !$0.isEmpty } }

    /// All that was spent; what an exchange in progress reports may be reported twice, which counts it as more than it was.
    func lastWord(at now: ContinuousClock.Instant) -> BudgetLedger.Exchange {
        fail(at: now)
        openUntil = nil
        wanted = nil
        return exchange((rules.map { _ in 0 }, 0), at: now)
    }

    /// The ledger could not be asked: what was reported counts as unreported.
    func fail(at now: ContinuousClock.Instant) {
        guard let telling else { return }
        ended = zip(telling.ended, ended).map { $0 + $1 }
        (told, self.telling) = (now, nil)
        next = now + Self.settling
    }
}
