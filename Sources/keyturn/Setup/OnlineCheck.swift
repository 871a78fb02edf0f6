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
    /// What the state knows of the users.
    let rotations: [String: Rotation]

    func run(_ users: [ConfiguredUser]) async -> [Finding] {
        await withTaskGroup(of: (Int, [Finding]).self) { group in
            for (index, user) in users.enumerated() { group.addTask { (index, await check(user)) } }
            var findings = users.map { _ in [Finding]() }
            for await (index, found) in group { findings[index] = found }
            return findings.flatMap { $0 }
        }
    }

    private func check(_ user: ConfiguredUser) async -> [Finding] {
        let (finding, keys) = await checkKeys(user)
        return await withTaskGroup(of: (Int, Finding).self) { group in
            for (index, target) in user.targets.enumerated() {
                group.addTask { (index, await check(target, user, keys)) }
            }
            var found: [Finding?] = user.targets.map { _ in nil }
            for await (index, finding) in group { found[index] = finding }
            return [finding] + found.compactMap { $0 }
        }
    }

    private func checkKeys(_ user: ConfiguredUser) async -> (Finding, [AccessKey]) {
        let subject = "user \(user.name)"
        let iam = workspace.iam(of: user, http)
        do throws(AWSError) {
            let own = try await iam.ownIdentity()
            if Workspace.isUser(user.userName, own) {
                return (Finding(subject, .notAllowed, Workspace.sentence(user.name, own)), [])
            }
            let arn = try await iam.user(user.userName)
            let keys = try await iam.listAccessKeys(of: user.userName)
            let list = keys.map { "\($0.id) \($0.status.rawValue), created \(Moment.text($0.created))" }
            let shown = list.isEmpty ? "no keys" : list.joined(separator: "; ")
            return (Finding(subject, .done, "\(arn): \(shown) (asked as \(own))"), keys)
        } catch {
            let status: ExitStatus =
                switch error.code {
                case .denied, .unknownKey: .notAllowed
                case .unreachable, .lost: .unavailable
                case .limitExceeded, .noSuchEntity, .refused: .failed
                }
            return (Finding(subject, status, error.description), [])
        }
    }

    private func check(_ target: ConfiguredTarget, _ user: ConfiguredUser, _ keys: [AccessKey]) async -> Finding {
        let place = PusherTarget(target)
        let report = await host.call(.check, place, timeout: user.policy.pushTimeout)
        let status: ExitStatus =
            switch report.outcome {
            case .ok, .unchanged: .done
            case .unauthorized: .notAllowed
            case .retryable, .rateLimited, .timedOut, .cancelled, .unknown: .unavailable
            case .conflict, .unsupported, .internal, .notFound, .invalidConfig: .failed
            }
        var finding = Finding("target \(target.name)", status, report.message)
        guard status == .done else { return finding }
        let seen = await host.call(.inspect, place, timeout: user.policy.pushTimeout)
        if let rotation = rotations[user.name], rotation.number > 0 {
            let look = TargetLook(seen, rotation)
            finding.detail += "; holds \(look.text)"
            finding.warning = look.drift(of: target.name, user.name, rotation)
        } else if !keys.isEmpty {
            finding.warning = doubt(seen, keys)
        }
        return finding
    }

    /// A place that does not hold the user's key today may not be the one where its jobs read it.
    private func doubt(_ seen: CallReport, _ keys: [AccessKey]) -> String? {
        if seen.outcome == .notFound {
            return "it holds no key today, though the user has one: is this where the jobs read it?"
        }
        guard seen.outcome == .ok, let id = seen.keyID, !keys.contains(where: { $0.id.rawValue == id }) else {
            return nil
        }
        return "it holds \(id), which is no key of this user; the first rotation replaces it"
    }
}
