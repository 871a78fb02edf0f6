internal import AWS
internal import Configuration
internal import Engine
internal import Journal
internal import PusherHost
internal import Rotation

/// What is next for every user, when, and why. Changes nothing.
package struct RotationPlan: Sendable {
    /// What is planned for.
    package enum Occasion: Sendable {
        /// The next step, whenever it is due.
        case next
        /// `keyturn step`: users for whom something is due now.
        case step
        /// `keyturn rotate`, with `--wait` and `--despite-freeze` or without.
        case rotate(isWhole: Bool, despiteFreeze: Bool)
    }

    /// The configuration.
    package var file: String
    package var steps: [PlannedStep]
    /// What the rotations of a day ask of each pusher.
    package var forecasts: [PusherForecast]
    /// Whether the configuration looks for users.
    package var discovers: Bool
    /// What looking for users and asking IAM led to.
    package var status: ExitStatus

    /// - Parameters:
    ///   - names: of users; none: all.
    ///   - asksIAM: whether IAM is asked for the keys of users for whom a rotation may be due.
    package init(
        _ context: OperationContext, _ names: [String], for occasion: Occasion = .next, asksIAM: Bool
    ) async throws {
        var (loaded, state) = try await LoadedConfiguration.recalled(context, for: .looking)
        status = try await loaded.discover(keptIn: nil)
        let now = SystemClock().now
        let rotations = try await state.records().mapValues(\.rotation)
        if let doubt = await state.doubtAboutSealKey() { loaded.log.warn(doubt) }
        let order = occasion.order
        let users = try loaded.select(names)
        let open = users.filter { user in
            guard let rotation = rotations[user.name] else { return true }
            return rotation.isUnobserved || order != nil || rotation.due(at: now, policy: user.policy).at <= now
        }
        let listings = asksIAM ? try await Self.list(open, loaded) : [:]
        steps = users.map { user in
            let rotation = (rotations[user.name] ?? Rotation(at: now))
                .recognizing(loaded.requirements(of: user), at: now)
            var step = PlannedStep(
                user, rotation, at: now,
                preview: { keys in
                    RotationPreview(of: rotation, order: order, keys: keys, at: now, loaded.requirements(of: user))
                }, listing: listings[user.name])
            step.fanOut = Self.fanOut(user, loaded)
            return step
        }
        for refusal in steps.compactMap(\.refusal) { status = status.worse(ExitStatus(refusal)) }
        if case .step = occasion { steps = steps.filter(\.isDue) }
        for case .failure(let error) in listings.values { status = status.worse(ExitStatus(error)) }
        forecasts = PusherForecast.all(of: users, loaded)
        file = loaded.file
        discovers = !loaded.configuration.discover.isEmpty
    }

    /// What IAM lists for each user.
    private static func list(
        _ users: [ConfiguredUser], _ loaded: LoadedConfiguration
    ) async throws -> [String: Result<[AccessKey], AWSError>] {
        let factory = ServiceFactory(loaded)
        let http = try factory.makeHTTP()
        defer { http.stop() }
        let accounts = factory.makeAccounts(http)
        let listings = await atOnce(users) { user -> (String, Result<[AccessKey], AWSError>) in
            let result = await accounts.iam(loaded.account(of: user)).accessKeys(of: user.userName)
            return (user.name, result)
        }
        return Dictionary(listings) { first, _ in first }
    }

    /// How long pushing to all targets takes at least, by the services' rate limits.
    private static func fanOut(_ user: ConfiguredUser, _ loaded: LoadedConfiguration) -> Duration {
        let counts = Dictionary(grouping: user.targets, by: \.pusher).mapValues(\.count)
        return loaded.pushers.compactMap { pusher in
            counts[pusher.name].flatMap { loaded.pace(of: pusher)?.shortestTime(ofPushes: $0) }
        }.max() ?? .zero
    }
}

extension RotationPlan.Occasion {
    /// What an operator would order.
    fileprivate var order: Event.Request? {
        guard case .rotate(let isWhole, let despiteFreeze) = self else { return nil }
        return .rotate(finishes: isWhole, despiteFreeze: despiteFreeze)
    }
}

/// What is next for one user.
package struct PlannedStep: Encodable, Sendable {
    package var user: String
    package var action: String
    /// nil: it waits for a person.
    package var due: String?
    package var isDue: Bool
    package var targets: Int
    package var why: String
    /// `users`, or the entry of `discover` that found it.
    package var from: String
    /// How long pushing takes at least.
    package var fanOut = Duration.zero
    /// What IAM lists; nil: it was not asked, or did not answer.
    package var keys: [ListedKey]?
    /// What IAM answered instead, where ``why`` does not have it already; nil: nothing.
    package var listingFailure: String?
    /// When the targets are looked at for drift, outside rotations; nil: not, or with the next step.
    package var nextLook: String?
    /// Why the order would not be carried out.
    var refusal: OrderRefusal?

    /// An access key as IAM lists it.
    package struct ListedKey: Encodable, Sendable {
        package var id: String
        package var status: String
        package var created: String
    }

    private enum CodingKeys: String, CodingKey {
        case user, action, due, targets, why, from, keys
        case isDue = "is-due"
        case fanOut = "fan-out-seconds"
        case nextLook = "next-look"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(user, forKey: .user)
        try container.encode(action, forKey: .action)
        try container.encode(due, forKey: .due)
        try container.encode(isDue, forKey: .isDue)
        try container.encode(targets, forKey: .targets)
        try container.encode(fanOut.components.seconds, forKey: .fanOut)
        let reasons = [why, listingFailure.map { "IAM did not say which keys there are: \($0)" }]
        try container.encode(reasons.compactMap(\.self).joined(separator: "; "), forKey: .why)
        try container.encode(from, forKey: .from)
        try container.encode(keys, forKey: .keys)
        try container.encode(nextLook, forKey: .nextLook)
    }

    init(
        _ user: ConfiguredUser, _ known: Rotation, at now: Timestamp, preview: ([AccessKey]?) -> RotationPreview,
        listing: Result<[AccessKey], AWSError>?
    ) {
        let found = listing.flatMap { try? $0.get() }
        let preview = preview(found)
        // Without an answer of IAM the record is all that there is.
        let rotation = found == nil ? known : preview.rotation
        var next = rotation.due(at: now, policy: user.policy)
        if preview.begins { (next.action, next.at) = (.rotate, now) }
        self.user = user.name
        action = next.action.rawValue
        due = next.action.waitsForPerson ? nil : Moment.text(next.at)
        isDue = next.at <= now
        nextLook = rotation.nextLook(user.policy).map { Moment.text(max($0, now)) }
        targets = user.targets.count
        from = user.origin ?? "users"
        keys = found?.map { .init(id: $0.id.rawValue, status: $0.status.rawValue, created: Moment.text($0.created)) }
        refusal = preview.refusal
        var reasons = [
            refusal?.reason ?? rotation.trouble
                ?? (preview.begins
                    ? Self.reasonToRotate(rotation, user.policy, now, isAsked: preview.isAsked)
                    : Self.reason(rotation, user.policy, now) + Self.freeze(rotation, user.policy, now))
        ]
        if refusal == nil, rotation.problem?.code != .targetLeft, rotation.isLeftBehind,
            let left = rotation.leftTargets.first
        {
            reasons.append(rotation.sentenceOnLeft(left))
        }
        why = reasons.joined(separator: "; ").naming(user.name)
        if case .failure(let error) = listing, !why.contains(error.description) {
            listingFailure = error.description
        }
    }

    /// A word about a freeze that a rotation waits for.
    private static func freeze(_ rotation: Rotation, _ policy: Policy, _ now: Timestamp) -> String {
        let beginning = rotation.beginningAfterFreeze(at: now, policy: policy)
        return beginning.map { "; `freeze` lets it begin \(Moment.text($0))" } ?? ""
    }

    private static func reasonToRotate(
        _ rotation: Rotation, _ policy: Policy, _ now: Timestamp, isAsked: Bool
    ) -> String {
        guard let current = rotation.current else { return "the user has no key: its first one is made" }
        let key = "\(current.id) was created \(Moment.text(current.created)) (\(Moment.ago(current.created, to: now)))"
        if isAsked { return "\(key); an operator asked for its rotation" }
        if rotation.awaitsFirstOrder(policy) {
            return "\(key); keyturn has never rotated this user, and `keyturn rotate USER` begins"
        }
        return "\(key), and rotate-every is \(DurationText.text(policy.rotateEvery))"
    }

    private static func reason(_ rotation: Rotation, _ policy: Policy, _ now: Timestamp) -> String {
        let previous = rotation.previous?.id.rawValue ?? "the old key"
        switch rotation.phase {
        case .idle where rotation.isUnobserved: return "keyturn has not looked at this user yet"
        case .idle: return reasonToRotate(rotation, policy, now, isAsked: rotation.isRequested)
        case .creating: return "a new key is made"
        case .verifying: return "IAM has to spread the new key"
        case .delivering: return "not every target has confirmed the new key"
        case .overlap: return "\(previous) stays active for an overlap of \(DurationText.text(policy.overlap))"
        case .soak: return "\(previous) is Inactive for a soak of \(DurationText.text(policy.soak))"
        case .deleting: return "\(previous) is replaced, and its soak is over"
        }
    }
}
