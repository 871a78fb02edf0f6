/// What the processes of a fleet spend together of one token's limits, kept where all of them can reach it.
///
/// A process borrows a slice of a budget, spends it for a moment without asking, and reports afterwards what became of it. What it does
/// not report, since it has ended or is cut off, counts as spent at the latest moment that it can have been. Times are milliseconds from
/// the moment of the last writing, so that no two clocks are compared: whoever reads says how old the writing is.
public struct BudgetLedger: Hashable, Codable, Sendable {
    /// Where processes find the ledgers that they share.
    public protocol Shelf: Sendable {
        /// Changes a ledger by compare-and-set.
        ///
        /// - Parameters:
        ///   - name: of one host and token; texts of the configuration.
        ///   - change: gets what is kept, nil for nothing, with its age in milliseconds, and returns what is to be. It may be asked again.
        func update(
            _ name: String, _ change: @Sendable (_ present: BudgetLedger?, _ age: Int64) -> BudgetLedger
        ) async throws
    }

    /// A limit: what may be spent in any span of that length.
    public struct Limit: Hashable, Codable, Sendable {
        /// The span, in seconds.
        public var seconds: Int
        /// What may be spent.
        public var cost: Int
    }

    /// What was spent of one limit.
    struct Spending: Hashable, Codable, Sendable {
        var cost: Int
        /// Until it counts no more.
        var left: Int64
    }

    /// What a process may be spending at the moment.
    struct Loan: Hashable, Codable, Sendable {
        var owner: String
        /// By limit, as ``Book``s are.
        var costs: [Int]
        var requests: Int
        /// Until its last request has ended.
        var left: Int64
    }

    /// One limit, and what was spent of it; the earliest to be free again first.
    struct Book: Hashable, Codable, Sendable {
        var limit: Limit
        var spent: [Spending] = []
    }

    /// A pause that the service wants.
    public struct Pause: Hashable, Codable, Sendable {
        /// Until its end.
        public var left: Int64
        /// Whether the service, or its vendor's documents, asked for it.
        public var isAskedFor: Bool
    }

    /// What the service says is left of its primary limit.
    public struct Remaining: Hashable, Codable, Sendable {
        /// Requests.
        public var count: Int
        /// Until the limit begins again.
        public var reset: Int64
    }

    /// What one process reports, and what it wants.
    public struct Exchange: Sendable {
        var owner: String
        var limits: [Limit]
        /// What one call costs, by limit, and the requests that it may send.
        var unit: [Int] = []
        var unitRequests = 0
        /// Calls that are to be begun.
        var units = 0
        /// What calls in progress may spend at most, and until when.
        var open: [Int] = []
        var openRequests = 0
        var openFor: Int64 = 0
        /// How long a call that is begun with what was lent may last, from now.
        var longest: Int64 = 0
        /// What was spent since its last report, by limit, with how long ago.
        var ended: [[(cost: Int, ago: Int64)]] = []
        var pause: Pause?
        var remaining: Remaining?
        var isLimited = false
        var isStricter = false

        init(owner: String, limits: [Limit]) { (self.owner, self.limits) = (owner, limits) }
    }

    /// What it gets.
    public struct Answer: Hashable, Sendable {
        /// Calls that it may begin.
        var units = 0
        /// When to ask again where it was none.
        var wait: Int64 = 0
        /// What the others have spent or may be spending, by limit.
        var others: [Int] = []
        var pause: Pause?
        var remaining: Remaining?
        var isLimited = false
        var isStricter = false
    }

    /// Spendings that are kept apart; beyond it the two closest become one, which counts as long as the later of them.
    private static let longestBook = 120
    /// When to look again for what others may give back.
    private static let returnInterval: Int64 = 1_000
    /// Two resets so close are the same: each process reckons it from its own answers.
    private static let sameReset: Int64 = 2_000

    var books: [Book] = []
    var loans: [Loan] = []
    var pause: Pause?
    var remaining: Remaining?
    var isLimited = false
    var isStricter = false

    /// Nothing was spent.
    public init() {}

    /// Writes down what a process reports, and lends it what it wants as far as it is there.
    mutating func exchange(_ wanted: Exchange, age: Int64) -> Answer {
        pass(max(0, age))
        if books.map(\.limit) != wanted.limits { rebook(wanted.limits) }
        loans.removeAll { $0.owner == wanted.owner }
        for (index, ended) in wanted.ended.enumerated() where index < books.count {
            for spending in ended where spending.cost > 0 {
                add(spending.cost, left: span(of: index) - spending.ago, to: index)
            }
        }
        learn(from: wanted)
        let others = books.indices.map { index in
            books[index].spent.reduce(0) { $0 + $1.cost } + loans.reduce(0) { $0 + at(index, $1.costs) }
        }
        var answer = Answer(
            others: others, pause: pause, remaining: remaining, isLimited: isLimited, isStricter: isStricter)
        (answer.units, answer.wait) = lend(wanted, besides: others)
        let costs = books.indices.map { at($0, wanted.open) + answer.units * at($0, wanted.unit) }
        let requests = wanted.openRequests + answer.units * wanted.unitRequests
        if requests > 0 || costs.contains(where: { $0 > 0 }) {
            let left = max(wanted.openFor, answer.units > 0 ? wanted.longest : 0)
            loans.append(Loan(owner: wanted.owner, costs: costs, requests: requests, left: left))
        }
        return answer
    }

    /// How many calls may begin, and when to ask again where none may.
    private func lend(_ wanted: Exchange, besides others: [Int]) -> (units: Int, wait: Int64) {
        guard wanted.units > 0 else { return (0, 0) }
        var units = wanted.units
        var wait: Int64 = 0
        var isUnused = loans.isEmpty
        for index in books.indices where at(index, wanted.unit) > 0 {
            let unit = at(index, wanted.unit)
            let total = others[index] + at(index, wanted.open)
            if total > 0 { isUnused = false }
            units = min(units, max(0, books[index].limit.cost - total) / unit)
            wait = max(wait, whenFree(total + unit - books[index].limit.cost, index))
        }
        // A call that needs more than the whole limit goes alone.
        if isUnused { units = max(units, 1) }
        if let remaining, wanted.unitRequests > 0 {
            if remaining.count < wanted.unitRequests { return (0, max(wait, remaining.reset)) }
            let free = remaining.count - loans.reduce(0) { $0 + $1.requests } - wanted.openRequests
            units = min(units, max(0, free) / wanted.unitRequests)
            if units == 0 { wait = max(wait, Self.returnInterval) }
        }
        return (units, units > 0 ? 0 : max(wait, 1))
    }

    /// When so much more is free again.
    private func whenFree(_ cost: Int, _ index: Int) -> Int64 {
        guard cost > 0 else { return 0 }
        var freed = 0
        for spending in books[index].spent {
            freed += spending.cost
            if freed >= cost { return loans.isEmpty ? spending.left : min(spending.left, Self.returnInterval) }
        }
        return Self.returnInterval
    }

    /// So much time has passed since the writing.
    private mutating func pass(_ age: Int64) {
        for index in books.indices {
            for place in books[index].spent.indices { books[index].spent[place].left -= age }
            books[index].spent.removeAll { $0.left <= 0 }
        }
        for index in loans.indices { loans[index].left -= age }
        // Of those no one has reported what became of them: all of it was spent, and at the last moment.
        for loan in loans where loan.left <= 0 {
            for (index, cost) in loan.costs.enumerated() where cost > 0 && index < books.count {
                add(cost, left: span(of: index) + loan.left, to: index)
            }
        }
        loans.removeAll { $0.left <= 0 }
        if let present = pause {
            pause = present.left > age ? Pause(left: present.left - age, isAskedFor: present.isAskedFor) : nil
        }
        if let present = remaining {
            remaining = present.reset > age ? Remaining(count: present.count, reset: present.reset - age) : nil
        }
    }

    private mutating func learn(from told: Exchange) {
        if told.isLimited { isLimited = true }
        if told.isStricter { isStricter = true }
        if let new = told.pause, new.left > pause?.left ?? 0 { pause = new }
        guard let new = told.remaining, new.reset > 0 else { return }
        guard let present = remaining else { return remaining = new }
        if abs(new.reset - present.reset) <= Self.sameReset {
            remaining = Remaining(count: min(new.count, present.count), reset: max(new.reset, present.reset))
        } else if new.reset > present.reset {
            remaining = new
        }
    }

    /// The limits have changed: what was spent counts on for those that stay.
    private mutating func rebook(_ limits: [Limit]) {
        let (old, places) = (books, limits.map { limit in books.firstIndex { $0.limit == limit } })
        books = zip(limits, places).map { limit, place in place.map { old[$0] } ?? Book(limit: limit) }
        for index in loans.indices {
            let costs = loans[index].costs
            loans[index].costs = places.map { $0.map { at($0, costs) } ?? 0 }
        }
    }

    private mutating func add(_ cost: Int, left: Int64, to index: Int) {
        guard left > 0 else { return }
        var spent = books[index].spent
        spent.insert(Spending(cost: cost, left: left), at: spent.firstIndex { $0.left > left } ?? spent.endIndex)
        if spent.count > Self.longestBook {
            let closest = spent.indices.dropLast().min {
                spent[$0 + 1].left - spent[$0].left < spent[$1 + 1].left - spent[$1].left
            }
            if let closest {
                spent[closest + 1].cost += spent[closest].cost
                spent.remove(at: closest)
            }
        }
        books[index].spent = spent
    }

    private func span(of index: Int) -> Int64 { Int64(books[index].limit.seconds) * 1_000 }

    private func at(_ index: Int, _ costs: [Int]) -> Int { index < costs.count ? costs[index] : 0 }
}
