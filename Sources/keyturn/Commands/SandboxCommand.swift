internal import ArgumentParser
internal import Glibc
internal import Operations

struct SandboxCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Run the stand-ins for AWS, Travis CI, GitLab and GitHub as servers on loopback.",
        discussion: """
            For trying things, and for authors of pushers. With --directory it writes a keyturn.yaml, a seal key and the \
            tokens there: after `. DIR/environment` in another terminal, keyturn's commands work against it, and \
            $SANDBOX_CONTROL is the control address. Ends on Ctrl-C, and forgets everything.

            The control address takes orders as JSON. GET /state: which keys there are, and which one each target holds. \
            POST /faults: {"service": "github", "method": "PUT", "path": "REGEX", "status": 503, "times": 3} makes the next \
            three such requests fail; also "retryAfter", "delayMilliseconds", "body", "close": true (no answer), "afterEffect": \
            true (done, but the answer is lost), "garbage": true; only "service" is needed; for aws the path is the action. \
            DELETE /faults ends them. GET /requests: what was asked so far. POST /places {"service": "travis", "name": \
            "acme/other"} and POST /users {"name": "x", "keys": 1} make more.
            """)

    @Option(help: ArgumentHelp("Write a configuration for this sandbox there.", valueName: "dir"))
    var directory: String?

    @Option(help: "Seconds until a new key is known to IAM and STS.")
    var propagationDelay: Double = 1

    @Option(help: "Milliseconds that every answer takes.")
    var latency = 0

    @Option(help: "Further targets acme/app-1, acme/app-2, … in each system.")
    var targets = 0

    @Option(help: "Further IAM users ci-1, ci-2, … with a key each.")
    var users = 0

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let installation = Installation.current
        let sandbox = try SandboxProcess(
            installation,
            arguments: [
                "--propagation-delay", "\(propagationDelay)", "--latency", "\(latency)", "--targets", "\(targets)",
                "--users", "\(users)",
            ])
        // Ctrl-C reaches the sandbox too, being in the same group; this process waits for it.
        for number in [SIGINT, SIGTERM] { signal(number) { _ in _exit(0) } }
        let terminal = Terminal(options)
        let systems = CISystem.all(installation)
        let files = try directory.map { try SandboxFiles(directory: $0, sandbox.announcement, systems) }
        if options.json {
            terminal.write(sandbox.line + "\n")
        } else {
            terminal.write(Self.describe(sandbox.announcement, systems, files))
        }
        let status = sandbox.wait()
        if status != 0 { throw OperationFailure(.failed, "the sandbox ended with status \(status)") }
    }

    private static func describe(
        _ place: SandboxProcess.Announcement, _ systems: [CISystem], _ files: SandboxFiles?
    ) -> String {
        let lines =
            [("AWS", place.aws, "user \(place.users.joined(separator: ", "))")]
            + place.systems(systems).map { ($0.title, $1.url, "\($0.field) \($1.places.joined(separator: ", "))") }
            + [("control", place.control, "GET /state, GET /requests, POST /faults")]
        let width = lines.map(\.0.count).max() ?? 0
        return """
            The sandbox is up. Nothing of it is real, so its secrets may be shown.

            \(lines.map { "  \($0.column(width + 2))\($1)  \($2)\n" }.joined())
            \(place.exports(systems).map { "  export \($0)\n" }.joined())
            \(files.map { "In another terminal:\n\n  . \($0.directory)/environment\n  keyturn rotate --wait\n\n" } ?? "")\
            Ctrl-C ends it. Then close the other terminal as well: its environment names the sandbox.

            """
    }
}
