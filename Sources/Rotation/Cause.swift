/// What keeps a user from going on, as far as it can be the same for many: one refused token is one cause, however many users wait for it.
public struct Cause: Hashable, Codable, Sendable {
    /// The same for the same cause, whoever looks and whenever: `not-delivered github unauthorized`.
    public var id: String
    /// Whether one repair, such as a new token, lets all users go on that have it. A user that meets it later is not a surprise.
    public var isShared: Bool

    /// A cause.
    public init(id: String, isShared: Bool) { (self.id, self.isShared) = (id, isShared) }
}

extension Rotation {
    /// What keeps the user from going on; nil: nothing does.
    ///
    /// By outcomes and not by words: what a service says may name the place, the key or the moment.
    ///
    /// - Parameter account: names the AWS account of the user.
    public func cause(in account: String) -> Cause? {
        guard let problem else { return causeOfLateTargets }
        let code = problem.code.rawValue
        switch problem.code {
        case .denied, .unreachable, .refused:
            return Cause(id: account.isEmpty ? code : "\(code) \(account)", isShared: true)
        case .targetRefuses: return Cause(id: "\(code) \(problem.pushers ?? "")", isShared: problem.pushers != nil)
        case .unaccountedKey, .currentKeyUnusable, .currentKeyGone, .wrongIdentity, .notSpread, .creationFails,
            .drifted, .targetUnreadable, .stillUsed, .targetLeft, .rolledBack, .noSuchUser, .ownKey:
            return Cause(id: code, isShared: false)
        }
    }

    private var causeOfLateTargets: Cause? {
        guard trouble != nil else { return nil }
        let late = deliveries.filter { $0.value.state == .failed || $0.value.state == .unknown }
        let parts = Set(late.map { "\($0.key.pusher) \($0.value.outcome?.rawValue ?? $0.value.state.rawValue)" })
            .sorted()
        return Cause(id: "not-delivered \(parts.joined(separator: ", "))", isShared: true)
    }
}
