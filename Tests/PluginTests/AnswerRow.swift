import CKeyturnPusher

/// Answers of a service, and what became of a call that got them: a row of the table in a plugin's README.
struct AnswerRow {
    enum Question { case push, check, inspect }

    let answer: String
    var question = Question.push
    let target: String
    let replies: [Reply]

    static let head = [
        ["asked", "the service answers", "outcome", "the operator reads"], ["---", "---", "---", "---"],
    ]

    /// The row, from really running the plugin.
    func made(by library: PluginLibrary, configuration: String? = nil) throws -> [String] {
        let session = try HostSession(library, configuration: configuration)
        let end =
            switch question {
            case .push: session.push(target, replies)
            case .check: session.check(target, replies)
            case .inspect: session.inspect(target, replies)
            }
        let asked =
            switch question {
            case .push: "push"
            case .check: "check"
            case .inspect: "inspect"
            }
        let fence = end.message.contains("`") ? "``" : "`"
        let pad = fence == "``" ? " " : ""
        return [asked, answer, outcome(end), fence + pad + end.message + pad + fence]
    }

    private func outcome(_ end: Ending) -> String {
        let evidence = end.report.flatMap { Self.evidence[$0.evidence] }
        switch end.outcome {
        case KT_OK where question == .push: return "ok, \(evidence ?? "no evidence")"
        case KT_UNCHANGED where question == .push: return "unchanged, \(evidence ?? "no evidence")"
        case KT_RATE_LIMITED:
            let wait = end.report?.retryAfter ?? 0
            return wait <= 0 ? "rate-limited" : "rate-limited, for \(wait / 1_000) s"
        default: return Self.outcomes[end.outcome] ?? "\(end.outcome)"
        }
    }

    private static let evidence: [kt_evidence: String] = [
        KT_EVIDENCE_READ_BACK: "read-back", KT_EVIDENCE_TIMESTAMP: "timestamp",
        KT_EVIDENCE_ACKNOWLEDGED: "acknowledged", KT_EVIDENCE_LAST_FOUR: "last-four",
        KT_EVIDENCE_VERSION: "version",
    ]

    private static let outcomes: [kt_outcome: String] = [
        KT_OK: "ok", KT_RETRYABLE: "retryable", KT_UNAUTHORIZED: "unauthorized", KT_NOT_FOUND: "not-found",
        KT_CONFLICT: "conflict", KT_INVALID_CONFIG: "invalid-config", KT_TIMED_OUT: "timed-out",
    ]
}
