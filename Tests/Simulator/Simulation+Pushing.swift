internal import Engine
internal import Rotation
internal import Secrets

/// How targets take pushes.
extension Simulation {
    /// One push: written, not written, or written late; reported rightly, or not reported at all.
    mutating func push(_ flight: Flight) -> EventWithKeyPair? {
        guard case .push(let name, let id) = flight.effect else { return nil }
        func ended(_ result: PushResult) -> EventWithKeyPair { EventWithKeyPair(event: .pushed(name, id, result)) }
        guard flight.pair?.id == id else {
            return ended(PushResult(.internal, message: "the sealed secret is not in the journal"))
        }
        guard let index = targets.firstIndex(where: { $0.name == name }) else { return nil }
        if let until = targets[index].downUntil, until > now, weather.push > 0 {
            return ended(PushResult(random.pick([.retryable, .unauthorized, .notFound]), message: "down"))
        }
        guard random.chance(weather.push) else {
            write(name, id)
            let evidence: Evidence =
                switch targets[index].visibility {
                case .readable: .readBack
                case .timed: .timestamp
                case .blind: .acknowledged
                }
            return ended(
                PushResult(
                    random.chance(200) ? .unchanged : .ok, evidence: evidence, changedAt: targets[index].writtenAt,
                    message: "written"))
        }
        switch random.number(0...5) {
        case 0:
            write(name, id)
            let outcome = random.pick([PushResult.Outcome.unknown, .timedOut, .cancelled, .retryable])
            return ended(PushResult(outcome, mayHaveWritten: true, message: "who knows"))
        case 1:
            leave(flight, within: 10)
            return ended(
                PushResult(random.pick([.unknown, .timedOut]), mayHaveWritten: true, message: "no answer in time"))
        case 2:
            let pause = random.seconds(1...(random.chance(100) ? 7_200 : 300))
            return ended(PushResult(.rateLimited, retryAfter: pause, message: "slow down"))
        case 3:
            targets[index].downUntil = now + random.seconds(1...1_800)
            return ended(PushResult(.retryable, mayHaveWritten: random.chance(500), message: "going down"))
        default:
            let outcomes: [PushResult.Outcome] = [
                .unknown, .timedOut, .cancelled, .retryable, .unauthorized, .notFound, .conflict, .invalidConfig,
                .unsupported, .internal,
            ]
            return ended(
                PushResult(random.pick(outcomes), mayHaveWritten: random.chance(300), message: "not written"))
        }
    }
}
