internal import ArgumentParser
internal import Operations

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run continuously and rotate keys when due.",
        discussion: """
            With --listen it shows how things stand to browsers and to monitoring. Ends on SIGTERM and SIGINT, within ten \
            seconds: work in progress gets the chance to end, no more is begun, and the next start \
            goes on with it. A second signal ends it at once. SIGHUP reads the configuration again; one that \
            cannot be used is reported in the log, the metrics, on the status page and by a notification, and changes nothing. With --json the log is JSON. Users of `discover` are looked for at the start, every 15 minutes, and \
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
