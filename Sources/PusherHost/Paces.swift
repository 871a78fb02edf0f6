internal import HTTP
internal import Secrets
internal import Synchronization

/// The paces of the process, by host and credential. Only the loop's thread touches it.
final class Paces {
    /// A process that ends reports what it has spent, and waits this long for that.
    static let farewell: Duration = .seconds(2)

    private var paces: [String: Pace] = [:]
    /// Where the fleet's ledgers are; nil: no one shares the tokens.
    private let shelf: (any BudgetLedger.Shelf)?
    /// This process, as ledgers know it: another one for each host, whose loans are its own.
    private let owner = (0..<2).map { _ in String(UInt64.random(in: 0 ... .max), radix: 16) }.joined()
    private var hasSaidSo = false

    init(_ shelf: (any BudgetLedger.Shelf)?) { self.shelf = shelf }

    func pace(for settings: PusherSettings) -> Pace {
        let manifest = settings.plugin.manifest
        let vendor = manifest.asks.hosts.first ?? ""
        let host = settings.endpoint.flatMap { Grant.host(of: $0) } ?? vendor
        // Which credential it is does not matter, only whether it is the same.
        let credential = settings.secrets.map { secret in secret.withBytes { SHA256.hex(of: $0) } }.joined()
        let key = "\(host) \(credential.isEmpty ? settings.name : credential)"
        let pace = paces[key] ?? Pace(settings.pace, isVendor: host == vendor && !vendor.isEmpty)
        paces[key] = pace
        if shelf != nil {
            // By a name that every process finds in the configuration, and never by anything of the token.
            let name = "\(host)\n\(settings.name)"
            pace.loan = Loan(min(name, pace.loan?.ledger ?? name), owner: owner, pace.rules)
        }
        return pace
    }

    /// Reports and asks what is due.
    ///
    /// - Parameter post: gets the answers, from another thread.
    func exchange(at now: ContinuousClock.Instant, _ post: @escaping @Sendable (String, Exchanged) -> Void) {
        guard let shelf else { return }
        for (key, pace) in paces {
            guard let ledger = pace.loan?.ledger, let exchange = pace.exchange(at: now) else { continue }
            let word = Word(shelf: shelf, ledger: ledger, exchange: exchange)
            Task { post(key, await word.tell()) }
        }
    }

    /// How an exchange ended.
    typealias Exchanged = Result<BudgetLedger.Answer, any Error>

    /// Takes an answer.
    ///
    /// - Returns: what to report about a failure; nil: nothing new.
    func take(_ key: String, _ exchanged: Exchanged, at now: ContinuousClock.Instant) -> String? {
        paces[key]?.take(exchanged, at: now)
        guard case .failure(let error) = exchanged else {
            hasSaidSo = false
            return nil
        }
        defer { hasSaidSo = true }
        return hasSaidSo
            ? nil
            : "what the fleet has left of a token's limits cannot be asked for: \(error). Pushes wait until it can"
    }

    func nextExchange(at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        shelf == nil ? nil : paces.values.compactMap { $0.loan?.nextExchange(at: now) }.min()
    }

    /// What a process that ends has not reported yet.
    func lastWords(at now: ContinuousClock.Instant) -> [Word] {
        guard let shelf else { return [] }
        return paces.values.compactMap { pace in
            guard let ledger = pace.loan?.ledger, let exchange = pace.lastExchange(at: now) else { return nil }
            return Word(shelf: shelf, ledger: ledger, exchange: exchange)
        }
    }

    /// What one ledger is sent and asked.
    struct Word: Sendable {
        var shelf: any BudgetLedger.Shelf
        var ledger: String
        var exchange: BudgetLedger.Exchange

        func tell() async -> Exchanged {
            do { return .success(try await shelf.exchange(exchange, on: ledger)) } catch { return .failure(error) }
        }
    }

    /// Reports it, or gives up: what is not reported counts as spent for a while, and no longer.
    static func tell(_ words: [Word]) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let waiting = Mutex<CheckedContinuation<Void, Never>?>(continuation)
            let end: @Sendable () -> Void = { waiting.withLock { $0.take() }?.resume() }
            Task {
                for word in words { _ = await word.tell() }
                end()
            }
            Task {
                do { try await Task.sleep(for: farewell) } catch { return end() }
                end()
            }
        }
    }
}

extension BudgetLedger.Shelf {
    /// One exchange with a ledger, as a whole.
    func exchange(_ exchange: BudgetLedger.Exchange, on ledger: String) async throws -> BudgetLedger.Answer {
        let answer = Mutex(BudgetLedger.Answer())
        try await update(ledger) { present, age in
            var ledger = present ?? BudgetLedger()
            let given = ledger.exchange(exchange, age: present == nil ? 0 : age)
            answer.withLock { $0 = given }
            return ledger
        }
        return answer.withLock { $0 }
    }
}
