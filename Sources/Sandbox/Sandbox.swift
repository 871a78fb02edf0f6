import ArgumentParser
import CSodium
import FoundationEssentials
import Hardening

/// Stand-ins for AWS, Travis CI, GitLab and GitHub on loopback, for trying things and for tests.
@main
struct Sandbox: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keyturn-sandbox",
        abstract: "Stand-ins for AWS IAM and STS, Travis CI, GitLab CI and GitHub, on loopback.",
        discussion: """
            When all listeners are ready, one line of JSON on stdout names them, with credentials that are made \
            up at every start. Nothing is kept when it ends.
            """)

    static func main() async {
        ProcessHardening.apply()
        await main(nil)
    }

    @Option(help: "Port of IAM and STS; 0 lets the system choose.") var awsPort: UInt16 = 0
    @Option(help: "Port of Travis CI.") var travisPort: UInt16 = 0
    @Option(help: "Port of GitLab.") var gitlabPort: UInt16 = 0
    @Option(help: "Port of GitHub.") var githubPort: UInt16 = 0
    @Option(help: "Port of the control interface.") var controlPort: UInt16 = 0
    @Option(help: "Seconds until a new access key can be used.") var propagationDelay = 1.0
    @Option(help: "Milliseconds that every reply of a service takes.") var latency = 0
    @Option(help: "How many places more each CI system has.") var targets = 0
    @Option(help: "How many IAM users more there are.") var users = 0
    @Option(help: "How many seconds old their first keys are.") var keyAge = 0.0
    @Flag(help: "Refuse clients that are over the rate limits of GitHub and GitLab, instead of only counting.")
    var rateLimits = false
    @Option(help: "How many seconds GitHub's minute takes, for trying its limits without waiting for long.")
    var githubMinute = 60.0
    @Flag(help: "End when standard input closes, and with the parent process.") var untilStdinCloses = false
    @Flag(help: "Accepted for symmetry with other commands: the output is JSON in any case.") var json = false

    func validate() throws {
        guard (0...600).contains(propagationDelay) else {
            throw ValidationError("--propagation-delay must be between 0 and 600 seconds.")
        }
        guard (0...60_000).contains(latency) else {
            throw ValidationError("--latency must be between 0 and 60000 milliseconds.")
        }
        guard (0.1...600).contains(githubMinute) else {
            throw ValidationError("--github-minute must be between 0.1 and 600 seconds.")
        }
        guard (0...10_000).contains(targets), (0...10_000).contains(users) else {
            throw ValidationError("--targets and --users must be between 0 and 10000.")
        }
    }

    func run() async throws {
        guard sodium_init() >= 0 else { throw ExitCode(70) }
        Ending.prepare(untilStdinCloses: untilStdinCloses)
        let world = try World(
            settings: Settings(
                propagationDelaySeconds: propagationDelay, latency: .milliseconds(latency), targets: targets,
                users: users, keyAge: keyAge, keepsRateLimits: rateLimits,
                githubMinute: githubMinute))
        let listeners = try Listeners(
            world: world,
            ports: Ports(
                aws: awsPort, travis: travisPort, gitlab: gitlabPort, github: githubPort, control: controlPort))
        for listener in listeners.all { listener.start() }
        try Announcement(world: world, listeners: listeners).print()
        // The listeners' threads work until the process is ended.
        while true { try await Task.sleep(for: .seconds(3_600)) }
    }
}
