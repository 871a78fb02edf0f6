internal import AWS
internal import ArgumentParser
internal import Engine
internal import FoundationEssentials
internal import Rotation

struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A whole rotation on built-in stand-ins for AWS and the three CI systems.",
        discussion: """
            No account, no network, no configuration: the stand-ins run on loopback for as long as the demo does, and the \
            files are in a temporary directory that is removed at the end. What rotates is the real program, with the real \
            pushers.
            """)

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let directory = FileManager.default.temporaryDirectory.path + "/keyturn-demo-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let sandbox = try SandboxProcess(arguments: ["--propagation-delay", "1.5"])
        defer { sandbox.stop() }
        let place = sandbox.announcement
        let files = try SandboxFiles(directory: directory, place, overlap: "3s", soak: "3s")
        let workspace = try Workspace(
            try GlobalOptions.demo(options, files.configuration),
            environment: [
                "AWS_ACCESS_KEY_ID": place.accessKeyId, "AWS_SECRET_ACCESS_KEY": place.secretAccessKey,
                "HOME": directory, "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
            ])
        try await rotate(workspace)
    }

    private func rotate(_ workspace: Workspace) async throws {
        let terminal = Terminal(options)
        let working = try RotationRun(workspace)
        let display = Display(options, working.log, isLive: true)
        if !options.json {
            terminal.write(
                """
                Stand-ins for AWS, Travis CI, GitLab CI and GitHub Actions run on loopback.
                The key of the IAM user cicd-bot is used in one repository of each. It is
                rotated now, by the real program with its real pushers.


                """
            )
        }
        let crew = try await working.open(for: workspace.users, display: display)
        guard let user = crew.users.first else { throw CommandFailure(.failed, "the demo's configuration has no user") }
        let before = try await user.keys.listAccessKeys(of: user.userName)
        let outcomes = await display.during {
            await crew.engine.work(on: crew.users, requests: [.rotate], extent: .wholeRotation)
        }
        let after = try await user.keys.listAccessKeys(of: user.userName)
        await crew.close()
        guard let rotation = outcomes.first?.rotation else {
            throw CommandFailure(.failed, "the demo's rotation did not begin")
        }
        let summary = DemoSummary(before: before, after: after, rotation: rotation)
        if options.json { try JSONOutput.print(summary) } else { terminal.write(summary.text(terminal)) }
        guard summary.isComplete else {
            throw CommandFailure(.failed, "the demo's rotation is not complete: \(rotation.trouble ?? "see above")")
        }
    }
}

/// What the demo did.
struct DemoSummary: Encodable {
    struct Delivered: Encodable {
        var target: String
        var state: String
        var evidence: String?
    }

    struct Key: Encodable {
        var id: String
        var status: String
        var created: String
    }

    var before: [Key]
    var after: [Key]
    var deliveries: [Delivered]
    var isComplete: Bool

    init(before: [AccessKey], after: [AccessKey], rotation: Rotation) {
        let show = { (key: AccessKey) in
            Key(id: key.id.rawValue, status: key.status.rawValue, created: Moment.text(key.created))
        }
        self.before = before.map(show)
        self.after = after.map(show)
        deliveries = rotation.deliveries.sorted { $0.key < $1.key }.map {
            Delivered(target: $0.key.rawValue, state: $0.value.state.rawValue, evidence: $0.value.evidence?.rawValue)
        }
        isComplete =
            rotation.phase == .idle && rotation.number > 0 && after.map(\.id) == [rotation.current?.id]
            && rotation.deliveries.values.allSatisfy { $0.state == .confirmed }
    }

    enum CodingKeys: String, CodingKey {
        case before, after, deliveries
        case isComplete = "is-complete"
    }

    func text(_ terminal: Terminal) -> String {
        func list(_ keys: [Key]) -> String {
            keys.map { "  \($0.id)  \($0.status)  created \($0.created)" }.joined(separator: "\n")
        }
        return """

            \(terminal.styled("Keys before", .bold))
            \(list(before))
            \(terminal.styled("Keys after", .bold))
            \(list(after))
            \(terminal.styled("Deliveries", .bold))
            \(deliveries.map { "  \($0.target)  \($0.state) (\($0.evidence ?? "no evidence"))" }.joined(separator: "\n"))

            The old key was deactivated only after all three had confirmed, and was deleted after its soak.
            Next: `keyturn init` writes a configuration for your own users; the README goes on from there.

            """
    }
}

extension GlobalOptions {
    /// The demo's own configuration, whatever else was given.
    static func demo(_ options: GlobalOptions, _ configuration: String) throws -> GlobalOptions {
        var demo = try GlobalOptions.parse([])
        demo.config = configuration
        demo.json = options.json
        demo.quiet = options.quiet
        demo.verbose = options.verbose
        demo.noColor = options.noColor
        return demo
    }
}
