internal import ArgumentParser
internal import Operations

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run continuously and rotate keys when due.",
        discussion: """
            With --listen, serve a status page and metrics. Stops on SIGTERM and SIGINT, within ten \
            seconds: work in progress gets the chance to end, no more is begun, and the next start \
            continues it. A second signal stops it at once. SIGHUP reloads the configuration; an \
            invalid file is reported and ignored. Users of `discover` are looked for at the start, every 15 minutes, and \
            with SIGHUP. Under systemd it reports when it is ready and alive (Type=notify, WatchdogSec).
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var listening: ListenOptions

    func run() async throws {
        do { try await Daemon(OperationContext(options), listening.request).run() } catch let error as InvalidOption {
            throw ValidationError(error.message)
        }
    }
}
