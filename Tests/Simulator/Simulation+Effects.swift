internal import Engine
internal import Rotation
internal import Secrets

/// What IAM, STS and the targets make of a call.
extension Simulation {
    /// Sends one call: it arrives, or not, and its answer is ready, or lost.
    mutating func launch(_ index: Int, _ chosen: Int) {
        let flight = processes[index].flights[chosen]
        let answer: EventWithKeyPair?
        switch flight.effect {
        case .push: answer = push(flight)
        case .inspect(let target):
            let place = self.targets.first { $0.name == target }
            answer = EventWithKeyPair(
                event: random.chance(weather.push)
                    ? .notInspected(target, "no answer")
                    : .inspected(target, place?.inspection ?? TargetInspection(.unsupported)))
        case .check(let target):
            answer = EventWithKeyPair(
                event: .checked(target, random.chance(weather.push) ? "the token is refused" : nil))
        case .verifyKey(let id) where random.chance(weather.refusal + weather.loss):
            answer = EventWithKeyPair(event: .keyNotVerified(id, "no answer of STS"))
        case .verifyKey: answer = land(flight)
        default: answer = callIAM(flight)
        }
        processes[index].flights[chosen].answer = .some(answer)
        note("\(flight.effect) is carried out: \(answer.map { "\($0.event)" } ?? "no answer")")
    }

    mutating func answer(_ index: Int, _ chosen: Int) {
        let flight = processes[index].flights.remove(at: chosen)
        if let answer = flight.answer ?? nil { processes[index].happenings.append(answer) }
        if flight.effect == .listKeys { processes[index].sawKeysOf = max(processes[index].sawKeysOf, book.listedAsOf) }
    }

    private mutating func callIAM(_ flight: Flight) -> EventWithKeyPair {
        let effect = flight.effect
        if random.chance(weather.refusal) {
            let kind: Failure.Kind = random.pick([.refused, .refused, .unreachable, .denied])
            return EventWithKeyPair(event: .failed(effect, Failure(kind, "IAM says no")))
        }
        guard random.chance(weather.loss) else { return land(flight) }
        switch random.number(0...2) {
        case 0: _ = land(flight)
        case 1: leave(flight, within: 20)
        default: break
        }
        // What may be sent twice was sent again by the client, until it gave up.
        let kind: Failure.Kind = effect == .createKey || random.chance(500) ? .lost : .unreachable
        return EventWithKeyPair(event: .failed(effect, Failure(kind, "no answer of IAM")))
    }

    /// A call arrives and takes effect.
    mutating func land(_ flight: Flight) -> EventWithKeyPair {
        switch flight.effect {
        case .listKeys:
            let lag: Duration = random.chance(weather.stale) ? random.seconds(0...10) : .zero
            book.listedAsOf = now - lag
            return EventWithKeyPair(event: .keysListed(iam.listing(asOf: now - lag)))
        case .createKey: return create(flight.effect)
        case .verifyKey(let id): return EventWithKeyPair(event: verify(id, flight.pair))
        case .lookUpLastUse(let id):
            let use = lastUse(of: id)
            book.lastUses[id] = .some(use)
            return EventWithKeyPair(event: .lastUsed(id, use.map { LastUse(at: $0) }))
        case .activateKey(let id):
            if iam.makers[id] == .stranger, !book.adopted.contains(id) { violate("(d) activates a stranger: \(id)") }
            iam.setStatus(.active, of: id, at: now)
            return EventWithKeyPair(event: .keyActivated(id))
        case .deactivateKey(let id):
            guard iam.key(id) != nil else {
                return EventWithKeyPair(event: .failed(flight.effect, Failure(.noSuchUser, "NoSuchEntity")))
            }
            retire(flight) { iam, now in iam.setStatus(.inactive, of: id, at: now) }
            return EventWithKeyPair(event: .keyDeactivated(id))
        case .deleteKey(let id):
            retire(flight) { iam, now in iam.delete(id, at: now) }
            return EventWithKeyPair(event: .keyDeleted(id))
        case .push(let target, let id):
            write(target, id)
            return EventWithKeyPair(
                event: .pushed(target, id, PushResult(.ok, evidence: .acknowledged, message: "written")))
        case .inspect(let target): return EventWithKeyPair(event: .inspected(target, TargetInspection(.unsupported)))
        case .check(let target): return EventWithKeyPair(event: .checked(target, nil))
        }
    }

    private mutating func create(_ effect: Effect) -> EventWithKeyPair {
        guard iam.keys.count < 2 else {
            return EventWithKeyPair(event: .failed(effect, Failure(.limitExceeded, "LimitExceeded")))
        }
        let key = iam.make(by: .keyturn, at: now)
        iam.spread[key.id] = now + random.seconds(0...(random.chance(weather.stale) ? 90 : 8))
        return EventWithKeyPair(event: .keyCreated(key), pair: KeyPair(id: key.id, secret: Self.secret))
    }

    private mutating func verify(_ id: AccessKeyID, _ pair: KeyPair?) -> Event {
        guard pair?.id == id else { return .keyNotVerified(id, "the sealed secret is not in the journal") }
        // Before a key is known everywhere, some of STS's servers know it.
        let isKnown = iam.spread[id].map { $0 <= now } ?? false
        guard iam.isActive(id), isKnown || random.chance(200) else {
            return .keyNotVerified(id, "InvalidClientTokenId")
        }
        iam.uses[id] = now
        book.answers[id, default: 0] += 1
        if book.answers[id] == 3 { book.verified.insert(id) }
        return .keyVerified(id)
    }

    /// Pipelines use what their target holds, every now and then.
    private mutating func lastUse(of id: AccessKeyID) -> Timestamp? {
        // At the end, whoever was left out by an operator has been served by hand.
        let isCurrent = journal.committed?.current?.id == id
        let isHeld = isAtEnd ? isCurrent : targets.contains { $0.held == id }
        if isHeld { iam.uses[id] = max(iam.uses[id] ?? now, now - random.seconds(0...120)) }
        return iam.uses[id]
    }

    mutating func write(_ name: TargetName, _ id: AccessKeyID) {
        guard let index = targets.firstIndex(where: { $0.name == name }) else { return }
        if let old = targets[index].held, old != id { iam.uses[old] = now }
        targets[index].held = id
        targets[index].writtenAt = now
        targets[index].ownWriteAt = now
        targets[index].foreignSince = nil
        checkTargets("a push of \(id) to \(name)")
    }
}
