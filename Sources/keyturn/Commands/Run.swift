internal import ArgumentParser
internal import Configuration
internal import Dispatch
internal import Engine
internal import Glibc

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stays up, and steps when things are due.",
        discussion:
            "With --listen it shows how things stand to browsers and to monitoring. Ends on SIGTERM and SIGINT. What is under way then is journalled, and the next start goes on with it. Users of "
            + "`discover` are looked for at the start; for those that come later, start it anew.")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var listening: ListenOptions

    func run() async throws {
        var workspace = try Workspace(options)
        _ = try await workspace.discover(EventLog(options), remembers: true)
        let working = try Working(workspace)
        let users = workspace.users
        guard !users.isEmpty else {
            let found = workspace.configuration.discover.isEmpty ? "" : ", and `discover` found none"
            throw CommandFailure(.configuration, "\(workspace.configuration.file) has no users\(found)")
        }
        let outlook = Outlook(workspace)
        try outlook.start(on: try listening.address(workspace.configuration), working.log)
        let crew = try await working.open(for: users) { outlook.take($0) }
        outlook.show(workspace, crew.host)
        let scheduler = Scheduler(engine: crew.engine, users: crew.users, pulse: outlook.pulse)
        let task = Task { try await scheduler.run { working.tell($0) } }
        let signals = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { task.cancel() }
            source.resume()
            return source
        }
        working.log.tell("running: \(users.count) users; stop with SIGTERM or Ctrl-C")
        defer { signals.forEach { $0.cancel() } }
        let result = await task.result
        outlook.stop()
        await crew.close()
        _ = try result.get()
        working.log.tell("stopped")
    }
}
