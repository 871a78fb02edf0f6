public import Rotation

/// Whether the process lives, and whether it can work: `/healthz` and `/readyz`.
public struct Vitals: Sendable {
    /// The scheduler turns at least every 15 seconds; one that has not for that long hangs.
    static let longestSilence: Duration = .seconds(60)

    /// When the process began.
    public var started: Timestamp
    /// When the scheduler last looked at what is due; nil: not yet.
    public var lastPass: Timestamp?
    /// Whether the pushers are started and answer.
    public var hasPushers: Bool
    /// Why the state cannot be read; nil: it can.
    public var stateTrouble: String?
    /// Why the configuration on disk is not used; nil: it is in force. That keeps nothing from working.
    public var configurationTrouble: String?

    /// What is known of the process.
    public init(
        started: Timestamp, lastPass: Timestamp?, hasPushers: Bool, stateTrouble: String?,
        configurationTrouble: String? = nil
    ) {
        (self.started, self.lastPass) = (started, lastPass)
        (self.hasPushers, self.stateTrouble) = (hasPushers, stateTrouble)
        self.configurationTrouble = configurationTrouble
    }

    /// `/healthz`
    public func health(at now: Timestamp) -> Reply {
        guard let silence = silence(at: now) else { return .line(200, lastPass == nil ? "starting" : "ok") }
        return .line(503, silence)
    }

    /// `/readyz`
    public func readiness(at now: Timestamp) -> Reply {
        if let stateTrouble { return .line(503, "the state cannot be read: \(stateTrouble)") }
        guard hasPushers else { return .line(503, "the pushers are not started, or do not answer") }
        guard lastPass != nil else { return .line(503, "the scheduler has not begun") }
        if let silence = silence(at: now) { return .line(503, silence) }
        let detail = configurationTrouble.map {
            "; the changed configuration is not used, and keyturn would not start with it: \($0)"
        }
        return .line(200, "ready\(detail ?? "")")
    }

    private func silence(at now: Timestamp) -> String? {
        let silence = now - (lastPass ?? started)
        guard silence > Self.longestSilence else { return nil }
        return "the scheduler has not looked at what is due for \(silence.milliseconds / 1_000) s"
    }
}
