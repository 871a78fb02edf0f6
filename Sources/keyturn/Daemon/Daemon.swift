internal import CLinux
internal import Configuration
internal import Engine
internal import PusherHost

/// `keyturn run`: a scheduler that stays up, with a configuration that can be read anew.
struct Daemon {
    /// How often users of `discover` are looked for.
    private static let discoveryInterval: Duration = .seconds(900)

    private let options: GlobalOptions
    private let log: EventLog
    private let notifier = ServiceNotifier()
    private let listening: ListenOptions
    private let orders: AsyncStream<DaemonCommand>
    private let give: AsyncStream<DaemonCommand>.Continuation

    init(_ options: GlobalOptions, _ listening: ListenOptions) {
        self.options = options
        self.listening = listening
        log = EventLog(options)
        (orders, give) = AsyncStream.makeStream(of: DaemonCommand.self, bufferingPolicy: .bufferingNewest(64))
    }

    func run() async throws {
        let workspace = try await read()
        let outlook = StatusServer(workspace)
        try outlook.start(on: try listening.address(workspace.configuration), log)
        defer { outlook.stop() }
        // Before anything is begun, so that nothing under way is cut off.
        let signals = Signals(staysUp: true) { [give] in give.yield($0) }
        defer { signals.end() }
        var active = begin(
            workspace, try await RotationRun(workspace).open(for: workspace.users) { outlook.take($0) }, outlook)
        let life = Task { [notifier] in await Watchdog(notifier: notifier, pulse: outlook.pulse).run() }
        let looking = Task { [give] in
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.discoveryInterval)
                give.yield(.look)
            }
        }
        // One at a time, beside the loop: AWS may take its time, and whoever wants to stop does not wait for it.
        var renewing: Task<Void, Never>?
        var isReloadAsked = false
        defer {
            life.cancel()
            looking.cancel()
            renewing?.cancel()
        }
        tellRunning(active)
        for await order in orders {
            switch order {
            case .stop:
                notifier.stopping()
                log.tell("stopping: what is under way has a few seconds to end")
                try await active.end()
                return log.tell("stopped")
            case .ended: return try await active.end()
            case .reload: isReloadAsked = true
            case .look where renewing == nil:
                renewing = Task { [active] in give.yield(.renewed(await open(await lookAgain(active), outlook, active)))
                }
            case .look: break
            case .renewed(let next):
                renewing = nil
                guard let next else { break }
                do { try await active.end() } catch {
                    log.warn("the configuration before ended with: \(Self.words(error))")
                }
                active = begin(next.workspace, next.crew, outlook)
                tellRunning(active)
            }
            if isReloadAsked, renewing == nil {
                isReloadAsked = false
                renewing = Task { [active] in give.yield(.renewed(await open(try? await readAnew(), outlook, active))) }
            }
        }
    }

    // MARK: Configurations

    private func read() async throws -> Workspace {
        var workspace = try Workspace(options)
        _ = try await workspace.discover(log, remembers: true)
        guard !workspace.users.isEmpty else {
            let found = workspace.configuration.discover.isEmpty ? "" : ", and `discover` found none"
            throw CommandFailure(.configuration, "\(workspace.configuration.file) has no users\(found)")
        }
        return workspace
    }

    /// After SIGHUP. What is wrong is told, and changes nothing.
    private func readAnew() async throws -> Workspace {
        notifier.reloading()
        do { return try await read() } catch {
            log.fail("\(Self.words(error)). The configuration as it was stays in force")
            notifier.ready("the new configuration was refused; the old one stays in force")
            throw error
        }
    }

    /// - Returns: nil where the same users were found, with the same targets.
    private func lookAgain(_ active: ActiveConfiguration) async -> Workspace? {
        var workspace = active.workspace
        guard !workspace.configuration.discover.isEmpty else { return nil }
        do { _ = try await workspace.discover(log, remembers: true) } catch {
            log.warn("\(Self.words(error)). Users stay as they are")
            return nil
        }
        let isSame = workspace.users.elementsEqual(active.workspace.users) { now, before in
            (now.name, now.policy) == (before.name, before.policy) && now.targets == before.targets
        }
        return isSame ? nil : workspace
    }

    /// Opens everything for the new configuration before the old one's work ends, so that one that cannot be opened changes
    /// nothing.
    private func open(_ workspace: Workspace?, _ outlook: StatusServer, _ active: ActiveConfiguration) async
        -> DaemonCommand.Opened?
    {
        guard let workspace else { return nil }
        if workspace.configuration.listen != active.workspace.configuration.listen {
            log.warn("`listen` takes effect when keyturn is started anew")
        }
        do {
            let crew = try await RotationRun(workspace).open(for: workspace.users) { outlook.take($0) }
            return DaemonCommand.Opened(workspace: workspace, crew: crew)
        } catch {
            log.fail("\(Self.words(error)). The configuration as it was stays in force")
            notifier.ready("the new configuration was refused; the old one stays in force")
            return nil
        }
    }

    private static func words(_ error: any Error) -> String {
        (error as? CommandFailure)?.message ?? "\(error)"
    }

    // MARK: Shifts

    /// One configuration at work.
    private struct ActiveConfiguration {
        let workspace: Workspace
        let crew: RotationRun.OpenServices
        let scheduling: Task<Void, any Error>

        /// Begins nothing more, lets what is under way end, and closes.
        func end() async throws {
            crew.host.drain()
            scheduling.cancel()
            let result = await scheduling.result
            await crew.close(isHasty: true)
            try result.get()
        }
    }

    private func begin(_ workspace: Workspace, _ crew: RotationRun.OpenServices, _ outlook: StatusServer)
        -> ActiveConfiguration
    {
        outlook.show(workspace, crew.host)
        let scheduler = Scheduler(engine: crew.engine, users: crew.users, pulse: outlook.pulse)
        let scheduling = Task { [give, log] in
            defer { if !Task.isCancelled { give.yield(.ended) } }
            // Pages of the program that a sleeping process does not need belong to others meanwhile.
            try await scheduler.run(
                turn: { isIdle in if isIdle { kt_release_memory() } }, report: { RotationRun.tell($0, log) })
        }
        return ActiveConfiguration(workspace: workspace, crew: crew, scheduling: scheduling)
    }

    private func tellRunning(_ active: ActiveConfiguration) {
        let count = active.workspace.users.count
        let words = "running: \(count) user\(count == 1 ? "" : "s")"
        log.tell("\(words); stop with SIGTERM or Ctrl-C, read the configuration anew with SIGHUP")
        notifier.ready(words)
    }
}
