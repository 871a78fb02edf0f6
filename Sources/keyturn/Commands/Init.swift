internal import ArgumentParser
internal import FoundationEssentials
internal import Operations

struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write a commented keyturn.yaml, the seal key and the IAM policy it needs.",
        discussion: """
            The files are written to one directory: that of --config, else the current one. A file that exists is not \
            overwritten.

            On a terminal, and without --user, --ci and --place, it asks for the CI system, the place there, the IAM user and \
            the region, in this order; Enter takes what is in brackets. The token is then expected in the environment, in the \
            variable that it names.
            """)

    @Option(
        name: .customLong("user"),
        help: ArgumentHelp("An IAM user to manage; may be given several times.", valueName: "user"))
    var users: [String] = []

    @Option(help: "The AWS region. Default: $AWS_REGION, $AWS_DEFAULT_REGION, the profile's, us-east-1.")
    var region: String?

    @Option(
        help: ArgumentHelp(
            "The CI system that holds the key, such as github; a name that is not known lists them all.",
            valueName: "system"))
    var ci: String?

    @Option(help: ArgumentHelp("The repository or project there, such as acme/app.", valueName: "place"))
    var place: String?

    @Option(help: "The base URL of IAM and STS, instead of AWS's own.")
    var endpointURL: String?

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        for user in users { if let reason = Self.refusal(ofUser: user) { throw ValidationError(reason) } }
        if let region, let reason = NewConfiguration.Choice.refusal(ofRegion: region) {
            throw ValidationError("--region: \(reason)")
        }
        if place != nil, ci == nil {
            throw ValidationError("--place needs --ci, the system that has it, such as --ci github")
        }
        guard let system = try chosenSystem() else { return }
        if place == nil {
            throw ValidationError(
                "--ci \(system.name) needs --place, the \(system.field) there that holds the key, such as --place \(system.place)"
            )
        }
        _ = try chosenTarget()
        if users.count != 1 {
            throw ValidationError("--ci and --place need one --user, such as --user cicd-bot: a place holds one key")
        }
    }

    private func chosenSystem() throws -> CISystem? {
        do { return try ci.map { try CISystem.named($0, .current) } } catch let error as InvalidOption {
            throw ValidationError(error.message)
        }
    }

    /// What --ci and --place say.
    private func chosenTarget() throws -> FirstTarget? {
        guard let system = try chosenSystem(), let place else { return nil }
        do { return try FirstTarget(system: system, place: place) } catch let error as InvalidOption {
            throw ValidationError(error.message)
        }
    }

    private static func refusal(ofUser user: String) -> String? {
        let isName = user.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_+=,.@-".contains($0)) }
        return isName && (1...64).contains(user.count)
            ? nil : "`\(user)` is not an IAM user name: up to 64 letters, digits and _+=,.@-"
    }

    /// What the flags say, else what a person answers, else what is usual.
    private func choose(_ systems: [CISystem]) throws -> NewConfiguration.Choice {
        let usualRegion = NewConfiguration.Choice.usualRegion(ProcessInfo.processInfo.environment)
        var choice = NewConfiguration.Choice(users: users, region: region ?? usualRegion, endpoint: endpointURL)
        choice.target = try chosenTarget()
        guard users.isEmpty, !options.json, !options.quiet, Questions.canAsk else { return choice }
        let questions = Questions(terminal: Terminal(options))
        let names = systems.map(\.name)
        let system = try questions.ask("CI system (\(names.joined(separator: ", ")), none)", standard: "none") {
            systems.named($0) != nil || $0.lowercased() == "none"
                ? nil : "please one of \(names.joined(separator: ", ")), or none"
        }
        if let system = systems.named(system) {
            let place = try questions.ask(
                "\(system.noun) \(system.field)", example: system.place, refusal: system.refusal(ofPlace:))
            choice.target = try FirstTarget(system: system, place: place)
        }
        let user = try questions.ask("IAM user", example: "cicd-bot", refusal: Self.refusal(ofUser:))
        if region == nil {
            choice.region = try questions.ask(
                "AWS region", standard: usualRegion, refusal: NewConfiguration.Choice.refusal(ofRegion:))
        }
        choice.users = [user]
        return choice
    }

    func run() throws {
        let new = try NewConfiguration(file: options.config ?? "keyturn.yaml")
        let systems = CISystem.all(.current)
        let choice = try choose(systems)
        try new.write(choice, systems)
        try print(new, choice)
    }

    private func print(_ new: NewConfiguration, _ choice: NewConfiguration.Choice) throws {
        if options.json {
            return try JSONOutput.print(["configuration": new.file, "seal-key": new.sealKey, "policy": new.policy])
        }
        guard !options.quiet else { return }
        let option = options.config.map { " --config \($0)" } ?? ""
        let (target, user) = (choice.target, choice.users.first ?? "USER")
        let steps =
            (target.map { Self.remaining($0, new.file, option) } ?? ["edit \(new.file)"])
            + [
                "give keyturn credentials where AWS's own tools look for them (the environment, ~/.aws, a role), of an identity "
                    + "that has the policy "
                    + (target?.system.exampleRole == nil ? new.policy : "that `keyturn policy\(option)` prints now"),
                "`keyturn check --online\(option)`", "`keyturn rotate \(user)\(option)`",
            ]
        let terminal = Terminal(options)
        let remark = choice.remark.map { "\n\(terminal.wrapped("look: \($0)", indent: 2))\n" } ?? ""
        let files = [
            (new.file, "the configuration\(target == nil ? ": fill in pushers and users" : "")"),
            (new.sealKey, "the seal key (mode 0600): back it up apart from the state"),
            (
                new.policy,
                "the IAM policy for the identity that keyturn runs as; `keyturn policy\(option)` prints it again"
            ),
        ]
        .map { "\($0)  \(terminal.wrapped($1, indent: $0.count + 2))" }
        let next = steps.enumerated().map { "  \($0 + 1). \(terminal.wrapped($1, indent: 5))" }
        terminal.write(
            """
            \(files.joined(separator: "\n"))
            \(remark)
            Next:
            \(next.joined(separator: "\n"))

            """)
    }

    /// A service hands out a token; a receiver of one's own takes any secret.
    private static func secret(of system: CISystem, in variable: String) -> String {
        variable.hasSuffix("_TOKEN")
            ? "put a token for \(system.title) into \(variable)"
            : "put a secret that your \(system.noun) knows as well into \(variable); `openssl rand -hex 32` makes one"
    }

    /// What the files lack when a target was chosen.
    private static func remaining(_ target: FirstTarget, _ file: String, _ option: String) -> [String] {
        let system = target.system
        let endpoint = system.exampleEndpoint.map {
            "replace the example \($0) in \(file) by the address of your \(system.noun)"
        }
        let program = system.exampleProgram.map {
            "replace the example \($0) in \(file) by the path of your \(system.noun); `keyturn plugin info \(system.plugin)` "
                + "shows what else it may be given"
        }
        let role = system.exampleRole.map {
            "replace the example \($0) in \(file) by a role that keyturn may assume: the pusher signs its requests to AWS as that "
                + "role. `keyturn policy --pusher \(system.name)\(option)` prints the policy of the role"
        }
        return [
            endpoint, program, role, system.token.map { secret(of: system, in: $0) },
            target.pin.map { "`\($0)\(option)`" },
        ]
        .compactMap(\.self)
    }
}
