public import Rotation
internal import Synchronization

/// Notifies people what they want to know, next to the work: nothing waits for it but the end of the process, and that not long.
public final class Notifier: Sendable {
    /// Messages of this process to one destination.
    public struct Count: Hashable, Sendable {
        /// The destination's name.
        public var destination: String
        /// Messages that it took.
        public var sent: Int
        /// Messages that it did not take; they are sent again later.
        public var failed: Int
    }

    /// Whether the configuration in force is the one that is on disk.
    fileprivate enum ConfigurationFile {
        /// This process does not read it again.
        case unknown
        case inForce
        case refused(String, since: Timestamp)
    }

    /// Between two looks at the state: what another process did, and what has lasted too long by now.
    private static let interval: Duration = .seconds(30)
    /// Tries in a row for one message.
    private static let tries = 3

    struct State {
        var ledgers: [Ledger]
        var rotations: [String: Rotation]
        /// Users with something new.
        var changed: Set<String>
        fileprivate var configuration = ConfigurationFile.unknown

        mutating func take(_ user: String, _ notified: NotifiedUser, _ rotation: Rotation) {
            rotations[user] = rotation
            changed.insert(user)
            for index in ledgers.indices where ledgers[index].serves(user, notified) {
                ledgers[index].take(user, rotation)
            }
        }
    }

    let users: [String: NotifiedUser]
    let store: any ToldStore
    let now: @Sendable () -> Timestamp
    private let time: @Sendable (Timestamp) -> String
    private let warn: @Sendable (String) -> Void
    private let send: @Sendable (Message, Destination) async throws -> Void
    let state: Mutex<State>
    private let doorbell: AsyncStream<Void>.Continuation
    private let rings: AsyncStream<Void>
    private let running = Mutex<Task<Void, Never>?>(nil)

    /// - Parameters:
    ///   - destinations: where messages go.
    ///   - users: of whom.
    ///   - store: the state.
    ///   - now: the time.
    ///   - time: writes a moment as RFC 3339.
    ///   - warn: takes lines for the log, without secrets.
    ///   - send: one try.
    /// - Throws: where the state cannot be read.
    public init(
        _ destinations: [Destination], users: [String: NotifiedUser], store: any ToldStore,
        now: @escaping @Sendable () -> Timestamp,
        time: @escaping @Sendable (Timestamp) -> String, warn: @escaping @Sendable (String) -> Void,
        send: @escaping @Sendable (Message, Destination) async throws -> Void
    ) async throws {
        (self.users, self.store, self.now, self.time, self.warn, self.send) = (users, store, now, time, warn, send)
        (rings, doorbell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        var ledgers: [Ledger] = []
        for destination in destinations {
            ledgers.append(Ledger(destination, told: try await store.told(at: destination.name)))
        }
        state = Mutex(State(ledgers: ledgers, rotations: [:], changed: []))
        try await look()
    }

    /// A user's rotation has changed. Returns at once.
    public func take(_ user: String, _ rotation: Rotation) {
        guard let notified = users[user] else { return }
        state.withLock { $0.take(user, notified, rotation) }
        doorbell.yield()
    }

    /// Whether a changed configuration could be used. Returns at once.
    ///
    /// - Parameter trouble: why it could not; nil: what is on disk is in force.
    public func take(configuration trouble: String?) {
        let now = now()
        state.withLock { $0.configuration = trouble.map { .refused($0, since: now) } ?? .inForce }
        doorbell.yield()
    }

    /// What was sent so far.
    public var counts: [Count] {
        state.withLock { state in
            state.ledgers.map { Count(destination: $0.destination.name, sent: $0.sent, failed: $0.failed) }
        }
    }

    /// Reads every user's rotation.
    private func look() async throws {
        let rotations = try await store.rotations()
        let now = now()
        state.withLock { state in
            for (name, user) in users { state.take(name, user, rotations[name] ?? Rotation(at: now)) }
        }
    }

    /// Begins to send.
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

    /// Ends: what is owed is still sent, as far as it goes in that time. What is left the next process sends.
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

    /// Sends what is owed now, once.
    func tellOwed() async {
        let (changed, count) = state.withLock { state in
            defer { state.changed = [] }
            return (state.changed, state.ledgers.count)
        }
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<count { group.addTask { await self.tellOwed(to: index, changed) } }
        }
    }

    private func tellOwed(to index: Int, _ changed: Set<String>) async {
        await tellNews(to: index, changed)
        await tellConfiguration(to: index)
        await write(index)
    }

    private func tellNews(to index: Int, _ changed: Set<String>) async {
        let (notices, isPaused) = await notices(for: index, changed)
        guard !notices.isEmpty, !isPaused else { return }
        let destination = state.withLock { $0.ledgers[index].destination }
        for notice in notices {
            for incident in notice.closes where destination.keepsIncidents {
                let end = Message(closing: incident, for: notice, at: now(), time: time)
                guard await deliver(end, destination, index) else { return }
            }
            guard await deliver(Message(notice, at: now(), time: time), destination, index) else { return }
            let told = notice.incident.map {
                NotificationState.Incident(id: $0, cause: notice.cause?.id, at: now())
            }
            state.withLock { state in
                for member in notice.members { state.ledgers[index].settle(member, by: told) }
            }
        }
    }

    /// Of keyturn itself, to those who get messages about users without an owner.
    private func tellConfiguration(to index: Int) async {
        let (file, ledger) = state.withLock { ($0.configuration, $0.ledgers[index]) }
        let (destination, now) = (ledger.destination, now())
        guard destination.owner == nil, destination.user == nil, destination.occasions.contains(.configuration),
            ledger.pausedUntil.map({ $0 <= .now }) ?? true
        else { return }
        var told = ledger.told[Ledger.own] ?? NotificationState(before: Rotation(at: now))
        let open = told.incident(.configuration)
        let message: Message
        switch file {
        case .refused(let trouble, let since) where open == nil:
            let id = "configuration/\(since.milliseconds)"
            message = Message(configuration: trouble, incident: id, at: now, since: since, time: time)
            told.settle(
                NotificationEvent(occasion: .configuration, rotation: 0, problem: "configuration"),
                by: NotificationState.Incident(id: id, cause: nil, at: now))
        case .inForce where open != nil:
            guard let open else { return }
            message = Message(configuration: nil, incident: open.id, at: now, since: open.at, time: time)
            told.settle(NotificationEvent(occasion: .recovered, rotation: 0, ended: .configuration))
        default: return
        }
        let isWanted = destination.occasions.contains(NotificationEvent.Occasion(rawValue: message.event) ?? .recovered)
        if isWanted, !(await deliver(message, destination, index)) { return }
        state.withLock { state in
            state.ledgers[index].told[Ledger.own] = told
            state.ledgers[index].unwritten.insert(Ledger.own)
        }
    }

    /// A few tries; whether it was taken.
    private func deliver(_ message: Message, _ destination: Destination, _ index: Int) async -> Bool {
        for attempt in 1...Self.tries {
            do {
                try await send(message, destination)
                state.withLock { $0.ledgers[index].succeed() }
                return true
            } catch {
                let failure = error as? DeliveryError
                if attempt < Self.tries, failure?.isPassing == true {
                    try? await Task.sleep(for: .seconds(attempt))
                    if !Task.isCancelled { continue }
                }
                state.withLock { $0.ledgers[index].fail(at: .now) }
                warn(
                    "notifications: \(destination.name) did not take `\(message.event)` (\(message.id)): "
                        + "\(failure?.description ?? "it failed"). It is sent again later")
                return false
            }
        }
        return false
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
            warn(
                "notifications: what was sent to \(destination) cannot be noted in the state, so it may be sent again: \(error)"
            )
        }
    }
}
