/// What was sent to a receiver about one user: from this and the rotation follows what is still to be sent.
///
/// Nothing is decided by what was seen happening, so that a process that dies, or a receiver that does not answer, loses
/// nothing, and the same is not sent twice.
public struct NotificationState: Hashable, Codable, Sendable {
    /// The message about something that is still there. Users with the same cause share one.
    public struct Incident: Hashable, Codable, Sendable {
        /// The same in every message about it, up to its end.
        public var id: String
        /// The ``Cause/id``.
        public var cause: String?
        /// When this user became part of it.
        public var at: Timestamp

        /// A message that was sent.
        public init(id: String, cause: String?, at: Timestamp) { (self.id, self.cause, self.at) = (id, cause, at) }
    }

    /// A leak that was seen.
    private struct Leak: Hashable, Codable {
        var key: AccessKeyID
        var isTold: Bool
    }

    private var completed: Int
    /// nil: an earlier version has written this.
    private var delivered: Int?
    private var problem: String?
    private var leaks: [Leak]?
    /// The drift that was reported; nil: none is there.
    private var drift: String?
    /// The key whose age was reported; nil: none is too old.
    private var overAge: AccessKeyID?
    /// By occasion. Without one, what is there was not sent: it was not wanted, or an earlier version sent it.
    private var incidents: [String: Incident]?

    /// Nothing was sent about what comes from now on. What is over already is not news.
    public init(before rotation: Rotation) {
        (completed, delivered) = (rotation.completedNumber, rotation.deliveredNumber)
    }

    /// The message about what is still there.
    public func incident(_ occasion: NotificationEvent.Occasion) -> Incident? { incidents?[occasion.rawValue] }

    private mutating func set(_ incident: Incident?, _ occasion: NotificationEvent.Occasion) {
        var all = incidents ?? [:]
        all[occasion.rawValue] = incident
        incidents = all.isEmpty ? nil : all
    }

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
        if rotation.driftMark == nil, incident(.drift) == nil { drift = nil }
    }

    /// What is to be sent.
    ///
    /// - Parameters:
    ///   - patience: how long a problem that may pass by itself is not sent.
    ///   - policy: the user's; its `maxAge` counts.
    ///   - account: names the user's AWS account.
    public func owed(
        _ rotation: Rotation, at now: Timestamp, patience: Duration, policy: Policy = Policy(), account: String = ""
    ) -> [NotificationEvent] {
        var news: [NotificationEvent] = []
        if let trouble = rotation.lastingTrouble(at: now, patience: patience), trouble.code != problem {
            news.append(
                NotificationEvent(
                    occasion: .blocked, rotation: rotation.number, problem: trouble.code, since: trouble.since,
                    message: rotation.trouble, cause: rotation.cause(in: account)))
        } else if let problem, rotation.trouble == nil {
            news.append(recovered(.blocked, problem, rotation))
        }
        if let seen = rotation.driftMark {
            if seen != drift {
                news.append(
                    NotificationEvent(
                        occasion: .drift, rotation: rotation.number, problem: seen,
                        since: rotation.deliveries.values.compactMap { $0.drift?.since }.max(),
                        message: rotation.driftSentence, cause: Cause(id: "drift", isShared: false)))
            }
        } else if incident(.drift) != nil {
            news.append(recovered(.drift, "drift", rotation))
        }
        let old = rotation.overAge(at: now, policy: policy)
        if let told = overAge, incident(.overAge) != nil, old?.key != told {
            news.append(recovered(.overAge, "over-age", rotation))
        } else if let old, old.key != overAge {
            news.append(
                NotificationEvent(
                    occasion: .overAge, rotation: rotation.number, since: old.since, key: old.key,
                    cause: Cause(id: "over-age", isShared: false)))
        }
        for leak in leaks ?? [] where !leak.isTold && !rotation.isActive(leak.key) {
            news.append(NotificationEvent(occasion: .revoked, rotation: rotation.number, key: leak.key))
        }
        if rotation.deliveredNumber > delivered ?? completed {
            news.append(
                NotificationEvent(occasion: .delivered, rotation: rotation.deliveredNumber, key: rotation.current?.id))
        }
        if rotation.completedNumber > completed {
            news.append(
                NotificationEvent(occasion: .completed, rotation: rotation.completedNumber, key: rotation.current?.id))
        }
        return news
    }

    private func recovered(
        _ ended: NotificationEvent.Occasion, _ problem: String, _ rotation: Rotation
    ) -> NotificationEvent {
        NotificationEvent(
            occasion: .recovered, rotation: rotation.number, problem: problem, ended: ended,
            cause: incident(ended)?.cause.map { Cause(id: $0, isShared: true) })
    }

    /// It was sent, or no receiver wants to know.
    ///
    /// - Parameter incident: the message about it, where something is still there; nil: none was sent.
    public mutating func settle(_ news: NotificationEvent, by incident: Incident? = nil) {
        switch news.occasion {
        case .blocked, .configuration: problem = news.problem
        case .recovered: return end(news.ended ?? .blocked)
        case .revoked:
            if let index = leaks?.firstIndex(where: { $0.key == news.key }) { leaks?[index].isTold = true }
            return
        case .drift: drift = news.problem
        case .overAge: overAge = news.key
        case .delivered:
            delivered = max(delivered ?? 0, news.rotation)
            return
        case .completed:
            completed = max(completed, news.rotation)
            return
        }
        set(incident, news.occasion)
    }

    private mutating func end(_ occasion: NotificationEvent.Occasion) {
        set(nil, occasion)
        switch occasion {
        case .drift: drift = nil
        case .overAge: overAge = nil
        default: problem = nil
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
        return "\(first.target)\(andMore(of: drifts.count)): \(first.drift.words): \(advice(on: first.drift))"
    }

    /// The last rotation whose new key every target has confirmed.
    var deliveredNumber: Int {
        switch phase {
        case .overlap: hasOpenDeliveries ? completedNumber : number
        case .soak, .deleting: number
        case .idle, .creating, .verifying, .delivering: completedNumber
        }
    }

    /// The last rotation that is over.
    var completedNumber: Int { phase == .idle ? number : max(0, number - 1) }

    /// Whether a key that an operator declared leaked can still be used.
    public var hasActiveLeak: Bool { leaks.contains { isActive($0.id) } }

    func isActive(_ id: AccessKeyID) -> Bool {
        [current, next, previous].contains { $0?.id == id && $0?.status == .active }
    }

    /// What a person should know: at once what only a person resolves and what a leaked key lives by, the rest when it
    /// has lasted.
    func lastingTrouble(at now: Timestamp, patience: Duration) -> (code: String, since: Timestamp)? {
        guard trouble != nil else { return nil }
        let isUrgent = problem?.needsPerson == true || hasActiveLeak
        let (code, since) = problem.map { ($0.code.rawValue, $0.since) } ?? ("not-delivered", phaseSince)
        return isUrgent || now - since >= patience ? (code, since) : nil
    }
}
