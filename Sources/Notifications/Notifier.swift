public import Rotation
internal import Synchronization

/// What the notifier needs of the state.
public protocol ToldStore: Sendable {
    /// What was told at one destination, by user.
    func told(at destination: String) async throws -> [String: NotificationState]
    /// Writes what was told at one destination.
    func write(_ told: [String: NotificationState], at destination: String) async throws
    /// Where every user's rotation stands.
    func rotations() async throws -> [String: Rotation]
}

/// Tells people what they want to know, beside the work: nothing waits for it but the end of the process, and that not long.
public final class Notifier: Sendable {
    /// Tries in a row for one message.
    private static let tries = 3
    /// Between two looks at the state: what another process did, and what has lasted too long by now.
    private static let interval: Duration = .seconds(30)
    /// After a failure the destination is left alone, longer each time.
    private static let shortestPause: Duration = .seconds(30)
    private static let longestPause: Duration = .seconds(900)

    /// What is known of one destination.
    private struct Ledger {
        let destination: Destination
        var told: [String: NotificationState]
        /// Users of whom what was told, or remembered, is not written yet.
        var unwritten: Set<String> = []
        var failures = 0
        var pausedUntil: ContinuousClock.Instant?
    }

    private struct State {
        var ledgers: [Ledger]
        var rotations: [String: Rotation]
        /// Users with something new.
        var changed: Set<String>
    }

    private let users: [String: Policy]
    private let store: any ToldStore
    private let send: @Sendable (Message, Destination) async throws -> Void
    private let now: @Sendable () -> Timestamp
    private let time: @Sendable (Timestamp) -> String
    private let warn: @Sendable (String) -> Void
    private let state: Mutex<State>
    private let doorbell: AsyncStream<Void>.Continuation
    private let rings: AsyncStream<Void>
    private let running = Mutex<Task<Void, Never>?>(nil)

    /// - Parameters:
    ///   - destinations: where messages go.
    ///   - users: of whom, with their policies.
    ///   - store: the state.
    ///   - now: the time.
    ///   - time: writes a moment as RFC 3339.
    ///   - warn: takes lines for the log, without secrets.
    ///   - send: one try.
    /// - Throws: where the state cannot be read.
    public init(
        _ destinations: [Destination], users: [String: Policy], store: any ToldStore,
        now: @escaping @Sendable () -> Timestamp,
        time: @escaping @Sendable (Timestamp) -> String, warn: @escaping @Sendable (String) -> Void,
        send: @escaping @Sendable (Message, Destination) async throws -> Void
    ) async throws {
        (self.users, self.store, self.now, self.time, self.warn, self.send) = (users, store, now, time, warn, send)
        (rings, doorbell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        var ledgers: [Ledger] = []
        for destination in destinations {
            ledgers.append(Ledger(destination: destination, told: try await store.told(at: destination.name)))
        }
        state = Mutex(State(ledgers: ledgers, rotations: [:], changed: []))
        try await look()
    }

    /// A user's rotation has changed. Returns at once.
    public func take(_ user: String, _ rotation: Rotation) {
        state.withLock { Self.take(user, rotation, &$0, now()) }
        doorbell.yield()
    }

    private static func take(_ user: String, _ rotation: Rotation, _ state: inout State, _ now: Timestamp) {
        state.rotations[user] = rotation
        state.changed.insert(user)
        for index in state.ledgers.indices {
            let before = state.ledgers[index].told[user]
            var told = before ?? NotificationState(before: rotation)
            told.remember(rotation)
            guard told != before else { continue }
            state.ledgers[index].told[user] = told
            state.ledgers[index].unwritten.insert(user)
        }
    }

    /// Reads where everybody stands.
    private func look() async throws {
        let rotations = try await store.rotations()
        let now = now()
        state.withLock { state in
            for user in users.keys { Self.take(user, rotations[user] ?? Rotation(at: now), &state, now) }
        }
    }

    /// Begins to tell.
    public func start() {
        let task = Task {
            let clock = Task { await keepLooking() }
            await tellOwed()
            for await _ in rings { await tellOwed() }
            clock.cancel()
            // What came since the last ring.
            await tellOwed()
        }
        running.withLock { $0 = task }
        doorbell.yield()
    }

    /// Ends: what is owed is told still, as far as it goes in that time. What is left the next process tells.
    public func close(within limit: Duration) async {
        doorbell.finish()
        guard let task = running.withLock({ $0 }) else { return }
        let timer = Task {
            try? await Task.sleep(for: limit)
            if !Task.isCancelled { task.cancel() }
        }
        await task.value
        timer.cancel()
    }

    private func keepLooking() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            guard !Task.isCancelled else { return }
            do { try await look() } catch { warn("notifications: the state cannot be read: \(error)") }
            doorbell.yield()
        }
    }

    /// Tells what is owed now, once.
    func tellOwed() async {
        let changed = state.withLock { state in
            defer { state.changed = [] }
            return state.changed
        }
        let count = state.withLock { $0.ledgers.count }
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<count { group.addTask { await self.tellOwed(to: index, changed) } }
        }
    }

    private func tellOwed(to index: Int, _ users: Set<String>) async {
        let owed = state.withLock { state in
            let ledger = state.ledgers[index]
            return users.sorted().flatMap { user in
                state.rotations[user].flatMap { rotation in
                    ledger.told[user]?.owed(
                        rotation, at: now(), patience: ledger.destination.patience, policy: self.users[user] ?? Policy()
                    ).map { (user, rotation, $0) }
                } ?? []
            }
        }
        let (destination, pausedUntil) = state.withLock {
            ($0.ledgers[index].destination, $0.ledgers[index].pausedUntil)
        }
        for (user, rotation, news) in owed {
            if destination.occasions.contains(news.occasion),
                !(await isTold(news, of: user, rotation, at: destination))
            {
                if let pausedUntil, pausedUntil > .now { return await write(index) }
                let message = Message(news, of: user, rotation, at: now(), time: time)
                guard await deliver(message, destination, index) else { return await write(index) }
            }
            state.withLock { state in
                state.ledgers[index].told[user]?.settle(news)
                state.ledgers[index].unwritten.insert(user)
            }
        }
        await write(index)
    }

    /// Whether another process, or this one under its configuration before, was faster. Of a leak the state may not know yet.
    private func isTold(_ news: NotificationEvent, of user: String, _ rotation: Rotation, at destination: Destination)
        async -> Bool
    {
        guard news.occasion != .revoked, let told = try? await store.told(at: destination.name)[user] else {
            return false
        }
        let owed = told.owed(
            rotation, at: now(), patience: destination.patience, policy: users[user] ?? Policy())
        return !owed.contains { $0.occasion == news.occasion }
    }

    /// A few tries; whether it was taken.
    private func deliver(_ message: Message, _ destination: Destination, _ index: Int) async -> Bool {
        for attempt in 1...Self.tries {
            do {
                try await send(message, destination)
                state.withLock { state in
                    state.ledgers[index].failures = 0
                    state.ledgers[index].pausedUntil = nil
                }
                return true
            } catch {
                let failure = error as? DeliveryError
                if attempt < Self.tries, failure?.isPassing == true {
                    try? await Task.sleep(for: .seconds(attempt))
                    if !Task.isCancelled { continue }
                }
                pause(index)
                warn(
                    "notifications: \(destination.name) was not told `\(message.event)` (\(message.id)): "
                        + "\(failure?.description ?? "it failed"). It is told later")
                return false
            }
        }
        return false
    }

    private func pause(_ index: Int) {
        state.withLock { state in
            let failures = min(state.ledgers[index].failures, 8)
            state.ledgers[index].failures = failures + 1
            state.ledgers[index].pausedUntil = .now + min(Self.longestPause, Self.shortestPause * (1 << failures))
        }
    }

    private func write(_ index: Int) async {
        let (destination, told) = state.withLock { state in
            let ledger = state.ledgers[index]
            state.ledgers[index].unwritten = []
            return (ledger.destination.name, ledger.told.filter { ledger.unwritten.contains($0.key) })
        }
        guard !told.isEmpty else { return }
        do { try await store.write(told, at: destination) } catch {
            state.withLock { $0.ledgers[index].unwritten.formUnion(told.keys) }
            warn("notifications: what \(destination) was told cannot be noted, so it may be told again: \(error)")
        }
    }
}
