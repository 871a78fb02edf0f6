internal import Rotation

extension Pace {
    /// What is to be reported to the ledger, and asked of it, now; nil: nothing.
    func exchange(at now: ContinuousClock.Instant) -> BudgetLedger.Exchange? {
        guard let loan, let next = loan.nextExchange(at: now), next <= now else { return nil }
        return complete(loan.exchange(open, at: now), at: now)
    }

    /// The last word of a process that ends: nothing is in progress any more.
    func lastExchange(at now: ContinuousClock.Instant) -> BudgetLedger.Exchange? {
        guard let loan, loan.hasSomethingToTell else { return nil }
        // Of calls that were cut short no one knows what they sent.
        for (index, cost) in open.costs.enumerated() { loan.settle(index, cost, at: now) }
        return complete(loan.lastWord(at: now), at: now)
    }

    private func complete(_ exchange: BudgetLedger.Exchange, at now: ContinuousClock.Instant) -> BudgetLedger.Exchange {
        var exchange = exchange
        (exchange.isLimited, exchange.isStricter) = (isLimited, isStricter)
        if let end = pause(at: now) {
            exchange.pause = BudgetLedger.Pause(left: (end - now).milliseconds, isAskedFor: isPauseAskedFor)
        }
        if let remaining, now < remaining.reset {
            exchange.remaining = BudgetLedger.Remaining(
                count: remaining.count, reset: (remaining.reset - now).milliseconds)
        }
        return exchange
    }

    /// Takes what the ledger has said, of the others too.
    func take(_ exchanged: Paces.Exchanged, at now: ContinuousClock.Instant) {
        guard case .success(let answer) = exchanged else {
            loan?.fail(at: now)
            return
        }
        loan?.take(answer, at: now)
        if answer.isLimited { isLimited = true }
        if answer.isStricter { isStricter = true }
        if let pause = answer.pause, now + .milliseconds(pause.left) > pausedUntil ?? now {
            (pausedUntil, isPauseAskedFor) = (now + .milliseconds(pause.left), pause.isAskedFor)
        }
        guard let told = answer.remaining else { return }
        let reset = now + .milliseconds(told.reset)
        guard let own = remaining, now < own.reset else { return remaining = (told.count, reset) }
        // Its own answers may be newer than what the ledger had.
        if reset >= own.reset - .seconds(2) { remaining = (min(own.count, told.count), max(own.reset, reset)) }
    }
}
