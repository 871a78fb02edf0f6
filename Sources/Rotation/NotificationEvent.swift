/// Something about one user that people want to know.
public struct NotificationEvent: Hashable, Sendable {
    /// What they can choose among.
    public enum Occasion: String, Hashable, Codable, Sendable, CaseIterable {
        /// The user needs a person, or targets have not confirmed for some time.
        case blocked
        /// What was reported as blocked is over.
        case recovered
        /// A target shows another key, or a later write, than was confirmed there.
        case drift
        /// An Active key has passed `max-age`.
        case overAge = "over-age"
        /// A rotation is complete: the old key is deleted.
        case completed
        /// A key that an operator declared leaked is dead: Inactive or deleted.
        case revoked
    }

    /// What.
    public var occasion: Occasion
    /// In which rotation.
    public var rotation: Int
    /// The kind of problem, for `blocked` and `recovered`.
    public var problem: String?
    /// Since when there is that problem, for `blocked`.
    public var since: Timestamp?
    /// The key that it is about: the new one for `completed`, the leaked one for `revoked`.
    public var key: AccessKeyID?
    /// The problem in one or two sentences, for `blocked`.
    public var message: String?

    /// News.
    public init(
        occasion: Occasion, rotation: Int, problem: String? = nil, since: Timestamp? = nil, key: AccessKeyID? = nil,
        message: String? = nil
    ) {
        (self.occasion, self.rotation, self.problem) = (occasion, rotation, problem)
        (self.since, self.key, self.message) = (since, key, message)
    }
}

/// What was sent about one user: from this and the rotation follows what is still to be sent.
///
/// Nothing is decided by what was seen happening, so that a process that dies, or a receiver that does not answer, loses
/// nothing, and the same is not sent twice.
public struct NotificationState: Hashable, Codable, Sendable {
    /// A leak that was seen.
    private struct Leak: Hashable, Codable {
        var key: AccessKeyID
        var isTold: Bool
    }

    private var completed: Int
    private var problem: String?
    private var leaks: [Leak]?
    /// The drift that was reported; nil: none is there.
    private var drift: String?
    /// The key whose age was reported; nil: none is too old.
    private var overAge: AccessKeyID?

    /// Nothing was sent about what comes from now on. What is over already is not news.
    public init(before rotation: Rotation) { completed = rotation.completedNumber }

    /// Remembers what is gone from the rotation by the time that it can be sent: that there was a leak.
    public mutating func remember(_ rotation: Rotation) {
        // A key without a record is in the history only.
        for leak in rotation.leaks where leak.id != rotation.strangerLeak?.id {
            if leaks?.contains(where: { $0.key == leak.id }) != true {
                leaks = (leaks ?? []) + [Leak(key: leak.id, isTold: false)]
            }
        }
        leaks?.removeAll { !rotation.isLeaked($0.key) && ($0.isTold || rotation.isActive($0.key)) }
        // What is over, and comes again, is sent again.
        if rotation.driftMark == nil { drift = nil }
    }

    /// What is to be sent.
    ///
    /// - Parameters:
    ///   - patience: how long a problem that may still pass is not sent.
    ///   - policy: the user's; its `maxAge` counts.
    public func owed(
        _ rotation: Rotation, at now: Timestamp, patience: Duration, policy: Policy = Policy()
    ) -> [NotificationEvent] {
        var news: [NotificationEvent] = []
        if let trouble = rotation.lastingTrouble(at: now, patience: patience), trouble.code != problem {
            news.append(
                NotificationEvent(
                    occasion: .blocked, rotation: rotation.number, problem: trouble.code, since: trouble.since,
                    message: rotation.trouble))
        } else if let problem, rotation.trouble == nil {
            news.append(NotificationEvent(occasion: .recovered, rotation: rotation.number, problem: problem))
        }
        if let seen = rotation.driftMark, seen != drift {
            news.append(
                NotificationEvent(
                    occasion: .drift, rotation: rotation.number, problem: seen,
                    since: rotation.deliveries.values.compactMap { $0.drift?.since }.max(),
                    message: rotation.driftSentence)
            )
        }
        if let old = rotation.overAge(at: now, policy: policy), old.key != overAge {
            news.append(
                NotificationEvent(occasion: .overAge, rotation: rotation.number, since: old.since, key: old.key))
        }
        for leak in leaks ?? [] where !leak.isTold && !rotation.isActive(leak.key) {
            news.append(NotificationEvent(occasion: .revoked, rotation: rotation.number, key: leak.key))
        }
        if rotation.completedNumber > completed {
            news.append(
                NotificationEvent(occasion: .completed, rotation: rotation.completedNumber, key: rotation.current?.id))
        }
        return news
    }

    /// It was sent, or no one wants to know.
    public mutating func settle(_ news: NotificationEvent) {
        switch news.occasion {
        case .blocked: problem = news.problem
        case .recovered: problem = nil
        case .revoked:
            if let index = leaks?.firstIndex(where: { $0.key == news.key }) { leaks?[index].isTold = true }
        case .drift: drift = news.problem
        case .overAge: overAge = news.key
        case .completed: completed = max(completed, news.rotation)
        }
    }
}

extension Rotation {
    private var drifts: [(target: TargetName, drift: Drift)] {
        deliveries.compactMap { target, delivery in delivery.drift.map { (target, $0) } }.sorted { $0.0 < $1.0 }
    }

    /// What of the drift makes it the same one: targets, and what each shows; nil: there is none.
    var driftMark: String? {
        let marks = drifts.prefix(20).map { "\($0.target) \($0.drift.kind.rawValue) \($0.drift.key?.rawValue ?? "")" }
        return marks.isEmpty ? nil : marks.joined(separator: ", ")
    }

    var driftSentence: String? {
        guard let first = drifts.first else { return nil }
        let more = drifts.count > 1 ? " (and \(drifts.count - 1) more)" : ""
        return "\(first.target)\(more): \(first.drift.words): \(advice(on: first.drift))"
    }

    /// The last rotation that is over.
    var completedNumber: Int { phase == .idle ? number : max(0, number - 1) }

    func isActive(_ id: AccessKeyID) -> Bool {
        [current, next, previous].contains { $0?.id == id && $0?.status == .active }
    }

    /// What a person should know: at once what only a person resolves and what a leaked key lives by, the rest when it
    /// has lasted.
    func lastingTrouble(at now: Timestamp, patience: Duration) -> (code: String, since: Timestamp)? {
        guard trouble != nil else { return nil }
        let isUrgent = problem?.needsPerson == true || leaks.contains { isActive($0.id) }
        let (code, since) = problem.map { ($0.code.rawValue, $0.since) } ?? ("not-delivered", phaseSince)
        return isUrgent || now - since >= patience ? (code, since) : nil
    }
}
