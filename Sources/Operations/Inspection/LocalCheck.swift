internal import Configuration
internal import Glibc
internal import Programs
internal import PusherHost
internal import Rotation

/// What this machine alone shows of pushers and targets: programs that are to be started, and files that are to be written, as the user that
/// asks. A worker of another user, or below a unit that shows it less, may meet something else. No request is made, and no program is started.
struct LocalCheck {
    private let loaded: LoadedConfiguration
    private let host: PusherHost
    private let admission: Admission
    private let asksTargets: Bool

    /// - Parameters:
    ///   - host: in which the pushers have been started.
    ///   - asksTargets: whether every target is asked anyway, which says the same.
    init(_ loaded: LoadedConfiguration, _ host: PusherHost, asksTargets: Bool) throws {
        (self.loaded, self.host, self.asksTargets) = (loaded, host, asksTargets)
        admission = try Admission.with(loaded.configuration, loaded.context.installation)
    }

    /// A pusher that has started.
    func finding(of name: String, _ confinement: [String]) -> Finding {
        var finding = Finding("pusher \(name)", .done, "starts; sandboxed by \(confinement.joined(separator: ", "))")
        guard !asksTargets, let (pusher, plugin, grants) = used(name), plugin.manifest.asks.programs,
            let program = pusher.program
        else { return finding }
        guard grants.programs else {
            finding.status = .notAllowed
            finding.detail =
                "it may not start \(program): `keyturn plugin pin \(pusher.plugin) --grant programs` allows that, outside of the sandbox"
            return finding
        }
        let limits = Program([program], environment: [:], timeLimit: .seconds(1))
        guard let obstacle = limits.obstacle else { return finding }
        finding.status = obstacle.code == EACCES ? .notAllowed : .configuration
        finding.detail = "its program cannot be started: \(obstacle.text)"
        return finding
    }

    /// Targets that are files of this machine and cannot be written.
    func findings(of users: [ConfiguredUser]) async -> [Finding] {
        guard !asksTargets else { return [] }
        let local = Set(loaded.pushers.map(\.name).filter(isLocal))
        var findings: [Finding] = []
        for user in users {
            for target in user.targets where local.contains(target.pusher) {
                let report = await host.call(.check, PusherTarget(target), timeout: user.policy.pushTimeout)
                let status = ExitStatus(ofCheck: report.outcome)
                guard status != .done else { continue }
                findings.append(Finding("target \(target.name)", status, report.message))
            }
        }
        return findings
    }

    /// Whether all that a pusher works with are files of this machine: nothing is asked where a push would be tried.
    private func isLocal(_ name: String) -> Bool {
        guard let (pusher, plugin, grants) = used(name), !pusher.hasEndpoint else { return false }
        let asks = plugin.manifest.asks
        let usesFiles = !asks.readable.isEmpty || !asks.writable.isEmpty
        // A lock that was written by hand may grant more than is asked for.
        return usesFiles
            && [asks, grants].allSatisfy { $0.hosts.isEmpty && $0.aws.isEmpty && !$0.network && !$0.programs }
    }

    private func used(_ name: String) -> (pusher: ConfiguredPusher, plugin: Plugin, grants: Grants)? {
        guard let pusher = loaded.pushers.first(where: { $0.name == name }), let plugin = loaded.plugins[pusher.plugin],
            let pin = admission.pin(for: plugin)?.pin
        else { return nil }
        return (pusher, plugin, pin.grants)
    }
}
