/// The ports that were asked for; 0 lets the system choose.
struct Ports: Sendable {
    let aws: UInt16
    let travis: UInt16
    let gitlab: UInt16
    let github: UInt16
    let control: UInt16
}

/// The five listeners, each with its service behind it.
struct Listeners: Sendable {
    let aws: Listener
    let travis: Listener
    let gitlab: Listener
    let github: Listener
    let control: Listener

    var all: [Listener] { [aws, travis, gitlab, github, control] }

    init(world: World, ports: Ports) throws {
        let faults = FaultPlan()
        let log = RequestLog()
        let gate = TravisGate(token: world.credentials.travis)
        func front(_ service: Service, _ answering: some RequestAnswering, port: UInt16) throws -> Listener {
            try Listener(
                port: port,
                answering: Front(
                    service: service, answering: answering, faults: faults, log: log,
                    latency: world.settings.latency))
        }
        aws = try front(.aws, AWSService(world: world), port: ports.aws)
        travis = try front(.travis, TravisService(world: world, gate: gate), port: ports.travis)
        gitlab = try front(.gitlab, GitLabService(world: world), port: ports.gitlab)
        let budget = GitHubBudget(
            isKept: world.settings.keepsRateLimits, minute: world.settings.githubMinute)
        github = try front(.github, GitHubService(world: world, budget: budget), port: ports.github)
        control = try Listener(
            port: ports.control, answering: ControlService(world: world, log: log, faults: faults, gate: gate))
    }
}
