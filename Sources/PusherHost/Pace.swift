internal import HTTP
internal import Secrets

/// How fast one credential may ask one host: documented limits, what its answers say, and the pauses it asks for. Shared by
/// all pushers of the process that use both. Only the loop's thread touches it.
final class Pace {
    /// What one call may still spend without asking.
    struct Reservation {
        fileprivate var left: [Int]
        fileprivate var number: Int
        /// Requests that were promised and not yet sent.
        fileprivate var requests: Int
        /// Whether something of the pair may be written. What is begun is finished: only the service itself may stop it.
        fileprivate var isFinishing: Bool
    }

    private struct Spending {
        var number: Int
        var cost: Int
        /// nil: the call is in progress, so the last of its requests is still to come.
        var end: ContinuousClock.Instant?
    }

    /// A pause without a time of its own where its vendor documents none; twice as long each time.
    private static let shortPause: Duration = .seconds(10)
    /// A primary limit above that is none that a public service has.
    private static let largestLimit = 100_000

    let rules: [PaceRules.Limit]
    private let push: PaceRules.Usage
    private let documentedPause: Duration?
    /// What was spent, by rule; the oldest first.
    private var spent: [[Spending]]
    private var nextNumber = 0
    /// Whether the service is known to limit: it is the vendor's own, or its answers say so.
    var isLimited: Bool
    /// Whether it has refused a request that the limits allowed.
    var isStricter = false
    var pausedUntil: ContinuousClock.Instant?
    /// Whether the service, or its vendor's documents, asked for the pause; else its length is keyturn's own idea.
    var isPauseAskedFor = false
    private var pausesInARow = 0
    /// What the service says is left of its primary limit, and until when.
    var remaining: (count: Int, reset: ContinuousClock.Instant)?
    /// Requests that were sent and have no answer yet.
    private var underWay = 0
    /// Requests that calls which have begun may still send.
    private var promised = 0
    /// What other processes with the same token have lent it; nil: there are none.
    var loan: Loan?

    init(_ rules: PaceRules, isVendor: Bool) {
        self.rules = rules.limits
        push = rules.push
        documentedPause = rules.pause
        spent = rules.limits.map { _ in [] }
        isLimited = isVendor
    }

    /// Lets a push begin, or says when to ask again.
    ///
    /// - Parameters:
    ///   - isFinishing: whether its target may hold half of the pair.
    ///   - timeout: how long the call may last.
    func reserve(
        isFinishing: Bool = false, timeout: Duration = .zero, at now: ContinuousClock.Instant
    ) -> Result<Reservation, Wait> {
        loan?.expect(timeout)
        let costs = rules.map { applies($0) ? $0.cost(of: push) : 0 }
        let requests = max(1, push.reads + push.writes)
        if let until = delay(costs, requests, isFinishing, at: now) { return .failure(Wait(until: until)) }
        promised += requests
        loan?.take(costs, requests, until: now + timeout)
        return .success(
            Reservation(left: costs, number: spend(costs, end: nil), requests: requests, isFinishing: isFinishing))
    }

    /// Not yet.
    struct Wait: Error {
        /// When to ask again.
        var until: ContinuousClock.Instant
    }

    /// Lets a request go, or says when to ask again.
    func admit(
        _ method: String, _ reservation: inout Reservation, at now: ContinuousClock.Instant
    ) -> ContinuousClock.Instant? {
        if let pause = pause(at: now, isFinishing: reservation.isFinishing) { return pause }
        var costs = rules.map { applies($0) ? $0.cost(of: method) : 0 }
        var left = reservation.left
        for index in costs.indices {
            let covered = min(costs[index], left[index])
            costs[index] -= covered
            left[index] -= covered
        }
        // What was reserved needs no second asking, and a pair is not left half written for want of it.
        let isBeyond = costs.contains { $0 > 0 } || reservation.requests == 0
        let mustWait = !reservation.isFinishing || push.reads + push.writes == 0
        if isBeyond, mustWait, let until = delay(costs, 1, reservation.isFinishing, at: now) { return until }
        if isBeyond { loan?.take(costs, 1, until: now) }
        if costs.contains(where: { $0 > 0 }) { _ = spend(costs, end: now) }
        reservation.left = left
        if reservation.requests > 0 { (reservation.requests, promised) = (reservation.requests - 1, promised - 1) }
        if method != "GET", method != "HEAD" { reservation.isFinishing = true }
        underWay += 1
        return nil
    }

    /// The call is over: what it has spent counts from now on, and the rest is free again.
    func release(_ reservation: Reservation, at now: ContinuousClock.Instant) {
        promised -= reservation.requests
        for index in spent.indices {
            guard let place = spent[index].firstIndex(where: { $0.number == reservation.number }) else { continue }
            spent[index][place].cost -= reservation.left[index]
            spent[index][place].end = now
            loan?.settle(index, spent[index][place].cost, at: now)
        }
    }

    /// What calls that are in progress may spend at most, by rule, and how many requests they may still send.
    var open: (costs: [Int], requests: Int) {
        (spent.map { $0.reduce(0) { $0 + ($1.end == nil ? $1.cost : 0) } }, underWay + promised)
    }

    /// Learns from an answer, or from its not having come.
    ///
    /// Retry-After and the limits' header fields are those of RFC 9110, GitHub (`x-ratelimit-…`) and GitLab (`ratelimit-…`).
    func learn(from response: HTTPResponse?, at now: ContinuousClock.Instant) {
        underWay = max(0, underWay - 1)
        guard let response else { return }
        let fields = Dictionary(response.headers, uniquingKeysWith: { first, _ in first })
        func number(_ name: String) -> Int? {
            (fields["x-ratelimit-\(name)"] ?? fields["ratelimit-\(name)"]).flatMap { Int($0) }
        }
        if let limit = number("limit"), limit <= Self.largestLimit { isLimited = true }
        let times = ServiceTimes(fields)
        let reset = number("reset").map { now + times.wait(untilReset: $0) }
        if let count = number("remaining"), let reset { remaining = (min(max(count, 0), Self.largestLimit), reset) }
        let isRefusal =
            response.status == 429 || response.status == 503 && fields["retry-after"] != nil
            || response.status == 403 && (fields["retry-after"] != nil || number("remaining") == 0)
        guard isRefusal else {
            if response.status < 400 { pausesInARow = 0 }
            return
        }
        isLimited = true
        loan?.hasNews = true
        if number("remaining") != 0 { isStricter = true }
        pausesInARow += 1
        pause(
            for: response.status == 503 || fields["retry-after"] != nil ? times.retryAfter : nil, until: reset, at: now)
    }

    /// - Parameters:
    ///   - wait: what the service asks for.
    ///   - reset: when its limit begins again, where it says that; one that is over says nothing.
    private func pause(
        for wait: Duration?, until reset: ContinuousClock.Instant?, at now: ContinuousClock.Instant
    ) {
        let factor = 1 << min(pausesInARow - 1, 9)
        let standard = min(ServiceTimes.longest, (documentedPause ?? Self.shortPause) * factor)
        let asked = wait.map { now + max(.seconds(1), $0) } ?? reset.flatMap { $0 > now + .seconds(1) ? $0 : nil }
        let end = asked ?? now + standard
        if let pausedUntil, pausedUntil >= end { return }
        pausedUntil = end
        isPauseAskedFor = asked != nil || documentedPause != nil
    }

    /// When the pause ends that the service has asked for; nil: there is none.
    func pause(at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        guard let pausedUntil else { return nil }
        if now < pausedUntil { return pausedUntil }
        self.pausedUntil = nil
        return nil
    }

    /// Of a half-written pair only a pause that was asked for counts.
    private func pause(at now: ContinuousClock.Instant, isFinishing: Bool) -> ContinuousClock.Instant? {
        pause(at: now).flatMap { isPauseAskedFor || !isFinishing ? $0 : nil }
    }

    /// What may be spent now, of each limit that counts and of what the service says is left.
    func budgets(at now: ContinuousClock.Instant) -> [PaceBudget] {
        var budgets: [PaceBudget] = []
        for (index, limit) in rules.enumerated() where applies(limit) {
            forget(index, limit, now)
            let left = limit.cost - spent[index].reduce(0) { $0 + $1.cost } - (loan?.others(index, at: now) ?? 0)
            budgets.append(PaceBudget(seconds: limit.seconds, limit: limit.cost, left: max(0, left)))
        }
        if let remaining, now < remaining.reset {
            budgets.append(PaceBudget(seconds: nil, limit: nil, left: max(0, remaining.count - underWay)))
        }
        return budgets
    }

    private func applies(_ limit: PaceRules.Limit) -> Bool {
        switch limit.applies {
        case .always: true
        case .limited: isLimited
        case .refused: isStricter
        }
    }

    /// When that much may be spent; nil: now.
    ///
    /// - Parameter requests: how many requests are to be sent.
    private func delay(
        _ costs: [Int], _ requests: Int, _ isFinishing: Bool, at now: ContinuousClock.Instant
    ) -> ContinuousClock.Instant? {
        if let pause = pause(at: now, isFinishing: isFinishing) { return pause }
        if let remaining, now < remaining.reset, remaining.count < underWay + promised + requests {
            return remaining.reset
        }
        var until: ContinuousClock.Instant?
        for (index, limit) in rules.enumerated() where costs[index] > 0 {
            forget(index, limit, now)
            var total = spent[index].reduce(0) { $0 + $1.cost }
            // A call that needs more than the whole limit goes alone.
            guard total > 0, total + costs[index] > limit.cost else { continue }
            var moment = now + .milliseconds(200)
            for spending in spent[index] where total + costs[index] > limit.cost {
                // What is in progress ends at a time that no one knows: look again soon.
                guard let end = spending.end else { break }
                total -= spending.cost
                moment = end + .seconds(limit.seconds)
            }
            until = max(until ?? moment, moment)
        }
        if let until { return until }
        // Nothing to share where no limit is known.
        guard costs.contains(where: { $0 > 0 }) || remaining != nil else { return nil }
        return loan?.delay(costs, requests, remaining: remaining?.count, at: now)
    }

    private func forget(_ index: Int, _ limit: PaceRules.Limit, _ now: ContinuousClock.Instant) {
        let past = now - .seconds(limit.seconds)
        spent[index].removeAll { spending in spending.end.map { $0 <= past } ?? false }
    }

    private func spend(_ costs: [Int], end: ContinuousClock.Instant?) -> Int {
        nextNumber += 1
        for index in rules.indices where costs[index] > 0 {
            spent[index].append(Spending(number: nextNumber, cost: costs[index], end: end))
            if let end { loan?.settle(index, costs[index], at: end) }
        }
        return nextNumber
    }
}

/// What is left of one rate limit.
public struct PaceBudget: Hashable, Sendable {
    /// The limit's span in seconds; nil: it is what the service's own answers say.
    public var seconds: Int?
    /// What may be spent in a span; nil: no one knows.
    public var limit: Int?
    /// What is left.
    public var left: Int
}

/// How fast one pusher may ask its service at the moment.
public struct PaceReport: Hashable, Sendable {
    /// The pusher's name.
    public var pusher: String
    /// By limit. Pushers that share host and credential share these.
    public var budgets: [PaceBudget]
    /// How long it still has to wait, as its service asked; nil: not at all.
    public var pause: Duration?
}
