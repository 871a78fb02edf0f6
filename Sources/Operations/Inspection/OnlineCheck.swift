internal import AWS
internal import Configuration
internal import Engine
internal import PusherHost
internal import Rotation

/// Asks AWS and every target, and writes nothing.
struct OnlineCheck {
    let loaded: LoadedConfiguration
    let host: PusherHost
    let accounts: Accounts
    /// What the state knows of the users.
    let rotations: [String: Rotation]

    /// Who keyturn is in an account.
    private struct Identity: Sendable {
        var finding: Finding
        /// Its own, and those with whose credentials its role was assumed.
        var callers: [CallerIdentity] = []
    }

    func run(_ users: [ConfiguredUser]) async -> [Finding] {
        let identities = await identify(users)
        let findings = await withTaskGroup(of: (Int, [Finding]).self) { group in
            let callers = identities.mapValues(\.callers)
            for (index, user) in users.enumerated() { group.addTask { (index, await check(user, callers)) } }
            var findings = users.map { _ in [Finding]() }
            for await (index, found) in group { findings[index] = found }
            return findings.flatMap { $0 }
        }
        return identities.values.map(\.finding).sorted { $0.subject < $1.subject } + clock + findings
    }

    /// Where this machine's clock and AWS's differ by more than signatures may.
    private var clock: [Finding] {
        guard let complaint = accounts.clock.complaint else { return [] }
        var finding = Finding("clock", .done, "signatures are made by AWS's clock")
        finding.warning = complaint
        return [finding]
    }

    /// Each account once, however many users it has.
    private func identify(_ users: [ConfiguredUser]) async -> [Account: Identity] {
        await withTaskGroup(of: (Account, Identity).self) { group in
            for account in Set(users.map { loaded.account(of: $0) }) {
                group.addTask { (account, await identify(account)) }
            }
            var found: [Account: Identity] = [:]
            for await (account, identity) in group { found[account] = identity }
            return found
        }
    }

    private func identify(_ account: Account) async -> Identity {
        let settings = [account.region, account.profile.map { "profile \($0)" }, account.role?.arn, account.endpoint]
        let subject = "aws \(settings.compactMap { $0 }.joined(separator: ", "))"
        let iam = accounts.iam(account)
        do throws(AWSError) {
            let callers = try await iam.ownIdentities()
            let words = callers.first.map { "keyturn is \($0.arn), with credentials of \($0.source)" }
            return Identity(finding: Finding(subject, .done, words ?? ""), callers: callers)
        } catch { return Identity(finding: Finding(subject, ExitStatus(error), error.description)) }
    }

    private func check(_ user: ConfiguredUser, _ identities: [Account: [CallerIdentity]]) async -> [Finding] {
        let (finding, keys) = await checkKeys(user, identities)
        return await withTaskGroup(of: (Int, Finding).self) { group in
            for (index, target) in user.targets.enumerated() {
                group.addTask { (index, await check(target, user, keys)) }
            }
            var found: [Finding?] = user.targets.map { _ in nil }
            for await (index, finding) in group { found[index] = finding }
            return [finding] + found.compactMap { $0 }
        }
    }

    private func checkKeys(_ user: ConfiguredUser, _ identities: [Account: [CallerIdentity]]) async -> (
        Finding, [AccessKey]
    ) {
        let subject = "user \(user.name)"
        if let refusal = OwnKeyRule(loaded).refusal(of: user, identities) {
            return (Finding(subject, .notAllowed, refusal), [])
        }
        let account = loaded.account(of: user)
        let iam = accounts.iam(account)
        do throws(AWSError) {
            let arn = try await iam.user(user.userName)
            let keys = try await iam.listAccessKeys(of: user.userName)
            let list = keys.map { "\($0.id) \($0.status.rawValue), created \(Moment.text($0.created))" }
            let shown = list.isEmpty ? "no keys" : list.joined(separator: "; ")
            let asked = identities[account]?.first.map { " (asked as \($0.arn))" } ?? ""
            var finding = Finding(subject, .done, "\(arn): \(shown)\(asked)")
            if let problem = unaccounted(keys, user) {
                finding.status = .failed
                finding.detail = Sentences.joined(finding.detail, problem)
            }
            return (finding, keys)
        } catch {
            let who = identities[account]?.first.map { " as \($0.arn)" } ?? ""
            let help = error.code == .noSuchEntity ? "; asked\(who): is the name right, and the account?" : ""
            return (Finding(subject, ExitStatus(error), error.description + help), [])
        }
    }

    /// What a rotation that begins now would say of keys that keyturn has no record of; nil: nothing.
    private func unaccounted(_ keys: [AccessKey], _ user: ConfiguredUser) -> String? {
        let now = loaded.context.clock.now
        let rotation = rotations[user.name] ?? Rotation(at: now)
        guard rotation.phase == .idle else { return nil }
        let requirements = loaded.requirements(of: user)
        let preview = RotationPreview(
            of: rotation.recognizing(requirements, at: now), order: .rotate(despiteFreeze: true), keys: keys, at: now,
            requirements)
        guard let problem = preview.rotation.problem, problem.code == .unaccountedKey else { return nil }
        return problem.message.naming(user.name)
    }

    private func check(_ target: ConfiguredTarget, _ user: ConfiguredUser, _ keys: [AccessKey]) async -> Finding {
        let place = PusherTarget(target)
        let report = await host.call(.check, place, timeout: user.policy.pushTimeout)
        let status = ExitStatus(ofCheck: report.outcome)
        var finding = Finding("target \(target.name)", status, report.message)
        guard status == .done else { return finding }
        let seen = await host.call(.inspect, place, timeout: user.policy.pushTimeout)
        if case .failed(let reason) = Sighting(seen) {
            // A service that shows no values holds nothing up; one that fails to answer blocks a rotation in `overlap`.
            finding.status = ExitStatus(ofCheck: seen.outcome)
            finding.detail = Sentences.joined(
                finding.detail,
                "it cannot be asked which key it holds, and the old key of a rotation stays until it can: \(reason)")
            return finding
        }
        if let rotation = rotations[user.name], rotation.number > 0 {
            let look = TargetLook(seen, rotation)
            finding.detail += "; \(look.text)"
            if let drift = look.drift(of: target.name, user.name, rotation, at: loaded.context.clock.now) {
                finding.detail += "; \(drift)"
                finding.status = .failed
            }
        } else if !keys.isEmpty {
            finding.warning = doubt(seen, keys)
        }
        if finding.warning == nil { finding.warning = await stray(around: place, user, keys) }
        return finding
    }

    /// A place next to the target that holds a key of the user and that no target names.
    private func stray(around place: PusherTarget, _ user: ConfiguredUser, _ keys: [AccessKey]) async -> String? {
        guard !keys.isEmpty else { return nil }
        let report = await host.call(.find, place, timeout: user.policy.pushTimeout)
        let strays = Neighbourhood(loaded).unnamed(report.found.places, around: place)
        return Neighbourhood.refusal(strays, of: Set(keys.map(\.id.rawValue)))
    }

    /// A place that does not hold the user's key today may not be the one where its jobs read it.
    private func doubt(_ seen: CallReport, _ keys: [AccessKey]) -> String? {
        if seen.outcome == .notFound {
            return "it holds no key today, though the user has one: is this where the jobs read it?"
        }
        guard seen.outcome == .ok, let text = seen.keyID else { return nil }
        let known = keys.map(\.id.rawValue)
        let stranger: String
        switch TargetInspection.Holding(reported: text) {
        case .key(let id) where !known.contains(id.rawValue): stranger = id.rawValue
        case .end(let end) where !known.contains(where: { $0.hasSuffix(end) }): stranger = "…\(end)"
        default: return nil
        }
        return "it holds \(stranger), which is not a key of this user; the first rotation replaces it"
    }
}
