internal import Configuration
internal import Engine
internal import Journal
internal import Rotation
internal import Secrets
internal import Synchronization

/// Reports at once that a target refuses a new key. The rotation asks again for a while before it counts as blocked, and whoever
/// waits for it should know why nothing happens.
///
/// One line a user, until something is pushed for it: what its other targets answer is in the problem that follows.
final class RefusalNotices: PushService {
    private let pushers: any PushService
    /// The user of each target.
    private let users: [TargetName: String]
    /// The users that are blocked by such a refusal already, by the state.
    private let blocked: @Sendable () async -> Set<String>
    private let warn: @Sendable (String, LogLine.Fields) -> Void
    /// The users of whom it is known.
    private let known = Mutex<Set<String>>([])
    /// Reads ``blocked`` once, at the first refusal.
    private let reading = Mutex<Task<Void, Never>?>(nil)

    init(
        _ pushers: any PushService, users: [TargetName: String], blocked: @escaping @Sendable () async -> Set<String>,
        warn: @escaping @Sendable (String, LogLine.Fields) -> Void
    ) { (self.pushers, self.users, self.blocked, self.warn) = (pushers, users, blocked, warn) }

    func push(
        _ pair: KeyPair, to target: TargetName, isFinishing: Bool, under tenure: Tenure, timeout: Duration,
        answer: @escaping @Sendable (PushAnswer<PushResult>) -> Void
    ) {
        if let user = users[target] { known.withLock { _ = $0.remove(user) } }
        pushers.push(pair, to: target, isFinishing: isFinishing, under: tenure, timeout: timeout, answer: answer)
    }

    func inspect(
        _ target: TargetName, timeout: Duration, answer: @escaping @Sendable (PushAnswer<Sighting>) -> Void
    ) { pushers.inspect(target, timeout: timeout, answer: answer) }

    func refusal(
        of target: TargetName, timeout: Duration, answer: @escaping @Sendable (PushAnswer<String?>) -> Void
    ) {
        pushers.refusal(of: target, timeout: timeout) { [self] found in
            guard case .ended(let reason?) = found, let user = users[target], !known.withLock({ $0.contains(user) })
            else { return answer(found) }
            Task {
                if await isNews(user) { notify(user, target, reason) }
                answer(found)
            }
        }
    }

    /// Of a user that is blocked already, `status` and the log have said it.
    private func isNews(_ user: String) async -> Bool {
        let reading = reading.withLock { [self] task in
            let begun =
                task
                ?? Task {
                    let blocked = await blocked()
                    known.withLock { $0.formUnion(blocked) }
                }
            task = begun
            return begun
        }
        await reading.value
        return known.withLock { $0.insert(user).inserted }
    }

    private func notify(_ user: String, _ target: TargetName, _ reason: String) {
        let next =
            "It is asked again in \(DurationText.text(IAMTimes.preflightWait)); while it refuses, no key is made and the rotation does not begin. "
            + "Fix the target, or take it out of the configuration"
        warn(
            Sentences.joined("\(user): \(target) would not take a new key: \(reason)", next),
            LogLine.Fields(user: user, target: target.rawValue, pusher: target.pusher, code: "target-refuses"))
    }
}

extension RefusalNotices {
    /// - Parameter journal: of which users it is known already.
    convenience init(
        _ pushers: any PushService, of users: [ConfiguredUser], _ journal: StoredJournal,
        _ warn: @escaping @Sendable (String, LogLine.Fields) -> Void
    ) {
        let names = users.flatMap { user in user.targets.map { ($0.name, user.name) } }
        self.init(
            pushers, users: Dictionary(names) { first, _ in first },
            blocked: {
                // A state that cannot be read is reported by the work itself.
                let records = (try? await journal.records()) ?? [:]
                return Set(records.filter { $0.value.rotation.problem?.code == .targetRefuses }.keys)
            }, warn: warn)
    }
}
