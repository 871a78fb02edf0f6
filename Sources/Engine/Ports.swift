public import AWS
public import PusherHost
public import Rotation
public import Secrets

/// What a rotation needs of IAM and STS. ``AWS/IAM`` is one; tests have others.
public protocol AccessKeyService: Sendable {
    /// All keys of a user.
    func listAccessKeys(of user: String) async throws(AWSError) -> [AccessKey]
    /// A new key; `lost` where it is not known whether there is one.
    func createAccessKey(of user: String) async throws(AWSError) -> (key: AccessKey, pair: KeyPair)
    /// Makes a key Active or Inactive.
    func setStatus(_ status: AccessKey.Status, of id: AccessKeyID, of user: String) async throws(AWSError)
    /// Deletes a key; one that is gone counts as deleted.
    func deleteAccessKey(_ id: AccessKeyID, of user: String) async throws(AWSError)
    /// When and by what a key was last used; nil: never.
    func lastUse(of id: AccessKeyID) async throws(AWSError) -> LastUse?
    /// The ARN that STS gives for a pair.
    func identity(of pair: KeyPair) async throws(AWSError) -> String
}

extension IAM: AccessKeyService {}

/// What a rotation needs of the pushers. ``PusherHost/PusherHost`` is one; tests have others.
///
/// Each answers by a call, once, from any thread: hundreds of targets wait at the same time, and a task for each of them would
/// cost more memory than all the rest.
public protocol PushService: Sendable {
    /// Pushes a pair to one target. Whatever happens is an outcome.
    ///
    /// - Parameter isFinishing: whether the target may hold half of the pair, so that this goes before anything else.
    func push(
        _ pair: KeyPair, to target: PusherTarget, isFinishing: Bool, timeout: Duration,
        answer: @escaping @Sendable (PushAnswer<PushResult>) -> Void)
    /// Why a target would refuse a pair for good; nil: it would take one, or cannot be asked at the moment.
    func refusal(
        of target: PusherTarget, timeout: Duration, answer: @escaping @Sendable (PushAnswer<String?>) -> Void)
    /// The key ID that a target holds.
    func inspect(
        _ target: PusherTarget, timeout: Duration, answer: @escaping @Sendable (PushAnswer<Sighting>) -> Void)
}

/// What becomes of a question to a pusher.
public enum PushAnswer<Value: Sendable>: Sendable {
    /// It was answered.
    case ended(Value)
    /// The pusher never heard of it: the process is to stop.
    case notBegun
}

/// What a target shows of the key that it holds.
public enum Sighting: Hashable, Sendable {
    /// It answered.
    case seen(TargetInspection)
    /// It cannot be asked at the moment, for this reason.
    case failed(String)

    /// What a pusher's answer to `inspect` means.
    public init(_ report: CallReport) {
        let changedAt = report.changedAt.flatMap(Timestamp.init(rfc3339:))
        switch report.outcome {
        case .ok, .unchanged:
            let holding = report.keyID.map { TargetInspection.Holding.key(AccessKeyID($0)) }
            self = .seen(TargetInspection(holding ?? .unreadable, changedAt: changedAt))
        case .notFound: self = .seen(TargetInspection(.nothing))
        case .unsupported: self = .seen(TargetInspection(.unsupported))
        case .retryable, .rateLimited, .unauthorized, .conflict, .invalidConfig, .cancelled, .timedOut, .internal,
            .unknown:
            self = .failed(report.message)
        }
    }
}

extension PusherHost: PushService {
    /// Pushes a pair to one target.
    public func push(
        _ pair: KeyPair, to target: PusherTarget, isFinishing: Bool, timeout: Duration,
        answer: @escaping @Sendable (PushAnswer<PushResult>) -> Void
    ) {
        ask(.push(pair, isFinishing: isFinishing), target, timeout, answer) { report in
            var result = PushResult(
                report.outcome, evidence: report.evidence, retryAfter: report.retryAfter,
                mayHaveWritten: report.mayHaveWritten, changedAt: report.changedAt.flatMap(Timestamp.init(rfc3339:)),
                message: report.message)
            result.plugin = report.plugin
            return result
        }
    }

    /// Why a target would refuse a pair for good; nil: it would take one, or cannot be asked at the moment.
    public func refusal(
        of target: PusherTarget, timeout: Duration, answer: @escaping @Sendable (PushAnswer<String?>) -> Void
    ) {
        ask(.check, target, timeout, answer) { report in
            switch report.outcome {
            case .unauthorized, .notFound, .conflict, .invalidConfig: report.message
            // What a plugin cannot check shows at the push.
            case .ok, .unchanged, .unsupported, .retryable, .rateLimited, .cancelled, .timedOut, .internal, .unknown:
                nil
            }
        }
    }

    /// The key ID that a target holds.
    public func inspect(
        _ target: PusherTarget, timeout: Duration, answer: @escaping @Sendable (PushAnswer<Sighting>) -> Void
    ) {
        ask(.inspect, target, timeout, answer) { Sighting($0) }
    }

    private func ask<Value: Sendable>(
        _ question: Question, _ target: PusherTarget, _ timeout: Duration,
        _ answer: @escaping @Sendable (PushAnswer<Value>) -> Void,
        _ read: @escaping @Sendable (CallReport) -> Value
    ) {
        call(question, target, timeout: timeout) { answer($0.isNotBegun ? .notBegun : .ended(read($0))) }
    }
}
