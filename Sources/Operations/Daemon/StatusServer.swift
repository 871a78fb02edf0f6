internal import Configuration
internal import Dispatch
internal import Engine
internal import FileTrust
internal import FoundationEssentials
internal import Journal
internal import Listening
internal import Notifications
internal import PusherHost
internal import Rotation
internal import Synchronization

/// What `run --listen` shows: read from the state when someone asks, as `status` reads it, and for a moment kept.
final class StatusServer: Sendable {
    /// Questions within this are answered from one reading.
    private static let freshness: Duration = .seconds(1)

    private struct State {
        var loaded: LoadedConfiguration
        /// Opened by itself: whoever works must not wait for whoever looks.
        var access: StateAccess
        /// Whether the state was there once: the page is up before the daemon has made it.
        var hasFoundState = false
        var host: PusherHost?
        var notifier: Notifier?
        var configuration: Snapshot.ConfigurationFile
        /// Until then, by the clock's uptime, questions are answered from this one.
        var last: (reading: Result<Reading, Trouble>, until: Duration)?
    }

    private struct Reading {
        var snapshot: Snapshot
        var document: StatusDocument
    }

    private struct Trouble: Error { var text: String }

    let pulse = Pulse()
    private let clock: any EngineClock
    private let started: Timestamp
    /// How long the state may take to answer, in seconds.
    private let patience: Int
    private let state: Mutex<State>
    /// By itself: whoever works must not wait for whoever looks.
    private let tally = Mutex(Tally())
    private let server = Mutex<Server?>(nil)
    private let place = Mutex<ListenAddress?>(nil)

    /// Where it listens, as the configuration or the command line has it; nil: nowhere.
    var address: ListenAddress? { place.withLock { $0 } }

    init(_ loaded: LoadedConfiguration, patience: Int = 5) {
        clock = loaded.context.clock
        started = clock.now
        self.patience = patience
        state = Mutex(
            State(
                loaded: loaded, access: StateAccess(loaded, for: .looking),
                configuration: Snapshot.ConfigurationFile(takenUp: started)))
    }

    /// Listens, where an address is given.
    func start(on address: ListenAddress?, _ log: EventLog) throws {
        guard let address else { return }
        do throws(ListeningError) {
            let options = Server.Options(host: address.host, port: address.port, checksHost: address.isLoopback)
            let server = try Server(options) { [self] path, query in answer(path, query) }
            self.server.withLock { $0 = server }
            place.withLock { $0 = address }
            log.tell("status page and metrics on \(server.url)")
            if !address.isLoopback { log.warn("\(address): \(ListenAddress.warning)") }
        } catch { throw OperationFailure(.unavailable, "\(error.description); nothing was begun") }
    }

    func stop() { server.withLock { $0 }?.stop() }

    /// A configuration was taken up: its services are open.
    func show(_ loaded: LoadedConfiguration, _ services: OpenServices) {
        let now = clock.now
        state.withLock { state in
            state.configuration.takenUp = now
            state.notifier = services.notifier
            if state.loaded.configuration.state != loaded.configuration.state {
                state.access = StateAccess(loaded, for: .looking)
            }
            state.hasFoundState = true
            state.loaded = loaded
            state.host = services.host
            state.last = nil
        }
    }

    /// Whether the configuration on disk can be used.
    ///
    /// - Parameter refusal: why it cannot; nil: it is in force.
    func take(configuration refusal: String?) {
        state.withLock { state in
            state.configuration.refusal = refusal
            state.last = nil
        }
    }

    /// Why the configuration on disk cannot be used; nil: it is in force.
    var refusal: String? { state.withLock { $0.configuration.refusal } }

    func take(_ progress: RotationProgress) {
        tally.withLock { $0.take(progress.notes, of: progress.user, at: progress.at) }
    }

    /// What is at a path; nil: nothing is. Waits for the state, on the caller's thread.
    func answer(_ path: String, _ query: [String: String] = [:]) -> Reply? {
        if let user = UserPage.user(at: path) { return page(of: user, PageFilter(query)) }
        return switch path {
        case "/":
            whenReadable(orPage: PageFilter(query)) {
                Reply(200, StatusPage.contentType, StatusPage($0.snapshot, .standard, PageFilter(query)).text)
            }
        case "/style.css": Reply(200, StyleSheet.contentType, StyleSheet.text)
        case "/metrics": whenReadable { Reply(200, Metrics.contentType, Metrics($0.snapshot).text) }
        case "/status.json":
            whenReadable { reading in
                guard let json = try? JSONText.bytes(reading.document) else { return .line(503, "no JSON") }
                return Reply(200, "application/json", json)
            }
        case "/healthz": vitals(stateTrouble: nil).health(at: clock.now)
        case "/readyz": vitals(stateTrouble: trouble).readiness(at: clock.now)
        default: nil
        }
    }

    /// The page of a user, or one that says that there is none of that name.
    private func page(of user: String, _ filter: PageFilter) -> Reply {
        whenReadable(orPage: filter) { reading in
            let isThere = reading.snapshot.users.contains { $0.name == user }
            let access = state.withLock { $0.access }
            let lines = isThere ? Self.answer(within: patience) { await Self.history(of: user, access) } : nil
            guard let found = UserPage(reading.snapshot, .standard, user: user, lines ?? nil, filter) else {
                return page(
                    404, "No such user",
                    "The configuration has no user \(user), and no rotation of one by that name is in progress", filter)
            }
            return Reply(200, StatusPage.contentType, found.text)
        }
    }

    private func page(_ status: Int, _ title: String, _ words: String, _ filter: PageFilter) -> Reply {
        Reply(status, StatusPage.contentType, MessagePage(title, words, filter).text)
    }

    /// Lines of a user's history that its page shows.
    private static let longestHistory = 100

    /// The newest lines first; nil: they cannot be read now.
    private static func history(of user: String, _ access: StateAccess) async -> [UserPage.Line]? {
        var filter = HistoryFilter(limit: longestHistory)
        filter.user = user
        guard let journal = try? await access.openIfThere(), let lines = try? await journal.history(filter) else {
            return nil
        }
        return lines.map { HistoryDocument.Line($0) }.reversed().map { line in
            let author = line.by
            return UserPage.Line(
                at: line.at, sentence: line.sentence,
                by: "keyturn \(author.command) on \(author.host), \(author.login ?? author.name ?? "uid \(author.uid)")"
            )
        }
    }

    /// - Parameter filter: of a page for people, who get one with the way back; nil: a line for programs.
    private func whenReadable(orPage filter: PageFilter? = nil, _ render: (Reading) -> Reply) -> Reply {
        switch reading {
        case .success(let reading): render(reading)
        case .failure(let trouble):
            filter.map { page(503, "The state cannot be read", trouble.text, $0) }
                ?? .line(503, "The state cannot be read: \(trouble.text)")
        }
    }

    private var trouble: String? { if case .failure(let trouble) = reading { trouble.text } else { nil } }

    private func vitals(stateTrouble: String?) -> Vitals {
        let (host, configuration) = state.withLock { ($0.host, $0.configuration) }
        return Vitals(
            started: started, lastPass: pulse.last, hasPushers: host.map { Self.paces(of: $0) != nil } ?? false,
            stateTrouble: stateTrouble, configurationTrouble: configuration.refusal)
    }

    private var reading: Result<Reading, Trouble> {
        let (last, host, loaded, access) = state.withLock { ($0.last, $0.host, $0.loaded, $0.access) }
        if let last, last.until > clock.uptime { return last.reading }
        let paces = host.flatMap { Self.paces(of: $0) } ?? []
        let reading =
            Self.answer(within: patience) { [self] in await read(loaded, access, paces) }
            ?? .failure(Trouble(text: "it did not answer within \(patience) s"))
        state.withLock { $0.last = (reading, clock.uptime + Self.freshness) }
        return reading
    }

    /// The thread that serves the page may wait; the store answers a task.
    private static func answer<Value: Sendable>(
        within seconds: Int, _ body: @escaping @Sendable () async -> Value
    ) -> Value? {
        let (found, isThere) = (Found<Value>(), DispatchSemaphore(value: 0))
        let task = Task {
            let value = await body()
            found.value.withLock { $0 = value }
            isThere.signal()
        }
        if isThere.wait(timeout: .now() + .seconds(seconds)) != .success { task.cancel() }
        return found.value.withLock { $0 }
    }

    private func read(
        _ loaded: LoadedConfiguration, _ access: StateAccess, _ paces: [PaceReport]
    ) async -> Result<Reading, Trouble> {
        let now = clock.now
        let records: [String: JournalRecord]
        var workers: Int?
        do {
            records = try await access.records()
            let journal = try await access.openIfThere()
            if let journal, journal.isShared { workers = try await journal.workers().count }
            // A state that is gone is no empty one, and is looked for again.
            let isKnown = state.withLock { state in
                if journal != nil, state.access === access { state.hasFoundState = true }
                return state.hasFoundState
            }
            if isKnown, let file = loaded.configuration.state.file, !FileAccess.isThere(file) {
                await access.forget()
                return .failure(
                    Trouble(
                        text:
                            "\(file) is not there, and nothing is begun without it: put it back where it was, or start keyturn again"
                    ))
            }
        } catch {
            await access.forget()
            return .failure(Trouble(text: OperationFailure.words(error)))
        }
        var document = StatusDocument(users: [])
        var users: [Snapshot.User] = []
        func add(_ line: StatusDocument.User, _ rotation: Rotation, _ requirements: UserRequirements?) {
            document.users.append(line)
            users.append(Snapshot.User(line, rotation, requirements, at: now))
        }
        for user in loaded.users {
            let rotation = records[user.name]?.rotation ?? Rotation(at: now)
            add(
                StatusDocument.User(user, rotation, at: now), rotation,
                loaded.requirements(of: user))
        }
        for line in StatusDocument.left(records, loaded.users.map(\.name), at: now) {
            add(line, records[line.user]?.rotation ?? Rotation(at: now), nil)
        }
        var snapshot = Snapshot(
            at: now, version: loaded.context.version, users: users, started: started, lastPass: pulse.last)
        snapshot.tally = tally.withLock { $0 }
        snapshot.take(paces)
        snapshot.workers = workers
        snapshot.pushers = Set(loaded.users.flatMap { $0.targets.map(\.pusher) }).sorted()
        snapshot.problemCodes = Problem.Code.allCases.map(\.rawValue) + ["not-delivered", StatusDocument.User.leftCode]
        let (configuration, notifier) = state.withLock { ($0.configuration, $0.notifier) }
        snapshot.configuration = configuration
        snapshot.messages = (notifier?.counts ?? []).map {
            Snapshot.Messages(receiver: $0.destination, sent: $0.sent, failed: $0.failed)
        }
        return .success(Reading(snapshot: snapshot, document: document))
    }

    /// nil: the pushers' thread does not answer.
    private static func paces(of host: PusherHost) -> [PaceReport]? {
        let (found, isThere) = (Box(), DispatchSemaphore(value: 0))
        host.paces { paces in
            found.paces.withLock { $0 = paces }
            isThere.signal()
        }
        guard isThere.wait(timeout: .now() + 1) == .success else { return nil }
        return found.paces.withLock { $0 }
    }

    private final class Box: Sendable { let paces = Mutex<[PaceReport]>([]) }
    private final class Found<Value: Sendable>: Sendable { let value = Mutex<Value?>(nil) }
}
