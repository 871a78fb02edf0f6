internal import Journal
public import Rotation

/// Stays up, and has each user worked on when something is due.
public struct Scheduler: Sendable {
    /// Other processes may change the state, so it is looked at so often.
    private static let longestNap: Duration = .seconds(15)

    private let engine: Engine
    private let users: [ManagedUser]

    /// - Parameter users: all that the configuration has.
    public init(engine: Engine, users: [ManagedUser]) {
        self.engine = engine
        self.users = users
    }

    /// The users for whom something is due, and when the next is due for the others.
    ///
    /// - Throws: ``Journal/JournalError``.
    public func due(at now: Timestamp) throws -> (now: [ManagedUser], next: Timestamp?) {
        let records = try engine.journal.records()
        var (dueUsers, next) = ([ManagedUser](), Timestamp?.none)
        for user in users {
            let rotation = records[user.name]?.rotation ?? Rotation(at: now)
            let moment = rotation.due(at: now, policy: user.policy).at
            if moment <= now { dueUsers.append(user) } else { next = min(next ?? moment, moment) }
        }
        return (dueUsers, next)
    }

    /// Runs until the task is cancelled.
    ///
    /// - Parameter report: takes each outcome.
    /// - Throws: ``Journal/JournalError`` when the state cannot be read.
    public func run(report: @Sendable (UserOutcome) -> Void) async throws {
        while !Task.isCancelled {
            let now = engine.clock.now
            let (dueUsers, next) = try due(at: now)
            await engine.work(on: dueUsers, extent: .due).forEach(report)
            // What was just worked on may be due again soon, so after work it is only caught breath.
            let nap = now + Self.longestNap
            let moment = dueUsers.isEmpty ? min(next ?? nap, nap) : engine.clock.now + .seconds(1)
            if !Task.isCancelled { await engine.clock.sleep(until: moment) }
        }
    }
}
