public import Journal
public import Rotation

/// Stays up, and has each user worked on when something is due.
public struct Scheduler: Sendable {
    /// Other processes may change the state, so it is looked at so often.
    public static let longestNap: Duration = .seconds(15)
    /// Between two goes at one user.
    private static let rest: Duration = .seconds(1)
    /// How soon a state is looked at again that could not be read: its server may be on its way up.
    private static let blindness: Duration = .seconds(2)

    private let engine: Engine
    private let users: [ManagedUser]
    private let pulse: Pulse

    /// - Parameters:
    ///   - users: all that the configuration has.
    ///   - pulse: called at each pass over them.
    public init(engine: Engine, users: [ManagedUser], pulse: Pulse = Pulse()) {
        self.engine = engine
        self.pulse = pulse
        self.users = users.filter { !$0.comesLast } + users.filter(\.comesLast)
    }

    /// The users for whom something is due, and when the next is due for the others.
    ///
    /// - Throws: ``Journal/JournalError``.
    public func due(at now: Timestamp) async throws(JournalError) -> (now: [ManagedUser], next: Timestamp?) {
        let records = try await engine.journal.records()
        var (dueUsers, next) = ([ManagedUser](), Timestamp?.none)
        for user in users {
            let rotation = records[user.name]?.rotation ?? Rotation(at: now)
            var moment = now
            if !rotation.isWorkDue(at: now, requirements: user.requirements) {
                moment = rotation.nextWork(at: now, policy: user.policy)
            } else if let wait = records[user.name]?.wait(for: engine.lease) {
                // Another worker has it. What it leaves is taken over when its lease ends.
                moment = now + max(wait, Self.rest)
            } else {
                dueUsers.append(user)
                continue
            }
            next = min(next ?? moment, moment)
        }
        return (dueUsers, next)
    }

    /// Runs until the task is cancelled. A user that takes long delays no other.
    ///
    /// - Parameters:
    ///   - turn: called each time that the users are looked at, and whether no one is worked on.
    ///   - trouble: called when the state cannot be read for now, and, with nil, when it can again.
    ///   - report: takes each outcome.
    /// - Throws: ``Journal/JournalError`` when the state is of no use.
    public func run(
        turn: @Sendable (Bool) -> Void = { _ in }, trouble: @Sendable (JournalError?) -> Void = { _ in },
        report: @Sendable (UserOutcome) -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: UserOutcome?.self) { group in
            var underWay: Set<String> = []
            var rests: [String: Timestamp] = [:]
            var wakeUp: Timestamp?
            var isBlind = false
            while !Task.isCancelled {
                let now = engine.clock.now
                var (dueUsers, next) = ([ManagedUser](), Timestamp?.none)
                do throws(JournalError) {
                    (dueUsers, next) = try await due(at: now)
                    if isBlind { trouble(nil) }
                    isBlind = false
                } catch {
                    // A server that was restarted comes back; a state that is damaged does not.
                    guard error.code == .unavailable || error.code == .unreachable else { throw error }
                    if !isBlind { trouble(error) }
                    isBlind = true
                    next = engine.clock.now + Self.blindness
                }
                pulse.beat(at: now, users: underWay.count)
                // Whoever comes last is at the end of the list, and finds the others in progress.
                for user in dueUsers where mayBegin(user, underWay, rests, now) {
                    underWay.insert(user.name)
                    group.addTask { await engine.work(on: user, requests: [], extent: .dueWhileUp) }
                }
                let nap = now + (underWay.count < dueUsers.count ? Self.rest : Self.longestNap)
                let moment = min(max(next ?? nap, now), nap)
                if wakeUp.map({ moment < $0 || $0 <= now }) ?? true {
                    wakeUp = moment
                    group.addTask {
                        await engine.clock.sleep(until: moment)
                        return nil
                    }
                }
                turn(underWay.isEmpty)
                if let outcome = try await group.next() ?? nil {
                    underWay.remove(outcome.user)
                    rests[outcome.user] = engine.clock.now + Self.rest
                    report(outcome)
                }
            }
            group.cancelAll()
            for try await outcome in group { if let outcome { report(outcome) } }
        }
    }

    /// Whoever was just worked on and is due again at once waits a moment, whatever the reason.
    private func mayBegin(
        _ user: ManagedUser, _ underWay: Set<String>, _ rests: [String: Timestamp], _ now: Timestamp
    ) -> Bool {
        guard !user.comesLast || underWay.isEmpty else { return false }
        return !underWay.contains(user.name) && (rests[user.name] ?? now) <= now
    }
}
