internal import Configuration
internal import Engine
internal import PusherHost
internal import Rotation
internal import Secrets

/// The pushers as the engine asks them.
struct HostedPushers: PushService {
    let host: PusherHost
    let targets: [TargetName: PusherTarget]

    func push(
        _ pair: KeyPair, to target: TargetName, isFinishing: Bool, under tenure: Tenure, timeout: Duration,
        answer: @escaping @Sendable (PushAnswer<PushResult>) -> Void
    ) {
        let unknown = PushResult(.invalidConfig, message: "\(target) is not in the configuration")
        ask(
            .push(pair, isFinishing: isFinishing), target, timeout, unknown, answer, permit: { tenure.isHeld }
        ) { report in
            var result = PushResult(
                report.outcome, evidence: report.evidence, retryAfter: report.retryAfter,
                mayHaveWritten: report.mayHaveWritten, changedAt: report.changedAt.flatMap(Timestamp.init(rfc3339:)),
                message: report.message)
            result.plugin = report.plugin
            result.request = report.request
            return result
        }
    }

    func refusal(
        of target: TargetName, timeout: Duration, answer: @escaping @Sendable (PushAnswer<String?>) -> Void
    ) {
        ask(.check, target, timeout, nil, answer) { report in
            switch report.outcome {
            case .unauthorized, .notFound, .conflict, .invalidConfig: report.message
            // What a plugin cannot check shows at the push.
            case .ok, .unchanged, .unsupported, .retryable, .rateLimited, .cancelled, .timedOut, .internal, .unknown:
                nil
            }
        }
    }

    func inspect(
        _ target: TargetName, timeout: Duration, answer: @escaping @Sendable (PushAnswer<Sighting>) -> Void
    ) { ask(.inspect, target, timeout, .seen(TargetInspection(.unsupported)), answer) { Sighting($0) } }

    private func ask<Value: Sendable>(
        _ question: PusherHost.Question, _ target: TargetName, _ timeout: Duration, _ unknown: Value,
        _ answer: @escaping @Sendable (PushAnswer<Value>) -> Void, permit: (@Sendable () -> Bool)? = nil,
        _ read: @escaping @Sendable (CallReport) -> Value
    ) {
        guard let target = targets[target] else { return answer(.ended(unknown)) }
        host.call(question, target, timeout: timeout, permit: permit) {
            answer($0.map { .ended(read($0)) } ?? .notBegun)
        }
    }
}

extension Sighting {
    /// What a pusher's answer to `inspect` means.
    init(_ report: CallReport) {
        let changedAt = report.changedAt.flatMap(Timestamp.init(rfc3339:))
        switch report.outcome {
        case .ok, .unchanged:
            let holding = report.keyID.map { TargetInspection.Holding(reported: $0) }
            self = .seen(TargetInspection(holding ?? .unreadable, changedAt: changedAt))
        case .notFound: self = .seen(TargetInspection(.nothing))
        case .unsupported: self = .seen(TargetInspection(.unsupported))
        case .retryable, .rateLimited, .unauthorized, .conflict, .invalidConfig, .cancelled, .timedOut, .internal,
            .unknown:
            self = .failed(report.message)
        }
    }
}

extension TargetInspection.Holding {
    /// What a pusher reads of a key ID: all of it, or after an asterisk its end. Fewer than four characters are no sign of a key.
    init(reported text: String) {
        guard text.hasPrefix("*") else {
            self = .key(AccessKeyID(text))
            return
        }
        let end = text.dropFirst()
        self = end.wholeMatch(of: #/[A-Z0-9]{4,16}/#) == nil ? .unreadable : .end(String(end))
    }
}

extension PusherTarget {
    init(_ target: ConfiguredTarget) {
        self.init(
            name: target.name, pusher: target.pusher, fields: target.fields, exclusive: target.exclusive)
    }
}
