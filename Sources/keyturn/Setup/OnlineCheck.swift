internal import AWS
internal import Configuration
internal import HTTP
internal import PusherHost
internal import Rotation

/// Asks AWS and every target, and writes nothing.
struct OnlineCheck {
    let workspace: Workspace
    let host: PusherHost
    let http: HTTPClient

    func run(_ users: [ConfiguredUser]) async -> [Finding] {
        await withTaskGroup(of: (Int, [Finding]).self) { group in
            for (index, user) in users.enumerated() { group.addTask { (index, await check(user)) } }
            var findings = users.map { _ in [Finding]() }
            for await (index, found) in group { findings[index] = found }
            return findings.flatMap { $0 }
        }
    }

    private func check(_ user: ConfiguredUser) async -> [Finding] {
        var findings = [await checkKeys(user)]
        await withTaskGroup(of: (Int, Finding).self) { group in
            for (index, target) in user.targets.enumerated() {
                group.addTask { (index, await check(target, user)) }
            }
            var found: [Finding?] = user.targets.map { _ in nil }
            for await (index, finding) in group { found[index] = finding }
            findings += found.compactMap { $0 }
        }
        return findings
    }

    private func checkKeys(_ user: ConfiguredUser) async -> Finding {
        let subject = "user \(user.name)"
        let iam = workspace.iam(of: user, http)
        do throws(AWSError) {
            let own = try await iam.ownIdentity()
            let arn = try await iam.user(user.userName)
            let keys = try await iam.listAccessKeys(of: user.userName)
            let list = keys.map { "\($0.id) \($0.status.rawValue), created \(Moment.text($0.created))" }
            let shown = list.isEmpty ? "no keys" : list.joined(separator: "; ")
            return Finding(subject, .done, "\(arn), seen as \(own): \(shown)")
        } catch {
            let status: ExitStatus =
                switch error.code {
                case .denied, .unknownKey: .notAllowed
                case .unreachable, .lost: .unavailable
                case .limitExceeded, .noSuchEntity, .refused: .failed
                }
            return Finding(subject, status, error.description)
        }
    }

    private func check(_ target: ConfiguredTarget, _ user: ConfiguredUser) async -> Finding {
        let report = await host.call(
            .check,
            PusherTarget(name: target.name, pusher: target.pusher, fields: target.fields, exclusive: target.exclusive),
            timeout: user.policy.pushTimeout)
        let status: ExitStatus =
            switch report.outcome {
            case .ok, .unchanged: .done
            case .unauthorized: .notAllowed
            case .retryable, .rateLimited, .timedOut, .cancelled, .unknown: .unavailable
            case .conflict, .unsupported, .internal, .notFound, .invalidConfig: .failed
            }
        return Finding("target \(target.name)", status, report.message)
    }
}
