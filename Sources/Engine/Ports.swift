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
    /// When a key was last used; nil: never.
    func lastUse(of id: AccessKeyID) async throws(AWSError) -> Timestamp?
    /// The ARN that STS gives for a pair.
    func identity(of pair: KeyPair) async throws(AWSError) -> String
}

extension IAM: AccessKeyService {}

/// What a rotation needs of the pushers. ``PusherHost/PusherHost`` is one; tests have others.
///
/// Each answers by a call, once, from any thread: hundreds of targets wait at the same time, and a task for each of them would
/// cost more memory than all the rest.
public protocol PushService: Sendable {
    /// Pushes a pair to one target. Whatever happens is an outcome; nil: it was never begun, since the process is to stop.
    func push(
        _ pair: KeyPair, to target: PusherTarget, timeout: Duration, answer: @escaping @Sendable (PushResult?) -> Void)
    /// Why a target would refuse a pair for good; nil: it would take one, or cannot be asked at the moment.
    func refusal(of target: PusherTarget, timeout: Duration, answer: @escaping @Sendable (String?) -> Void)
    /// The key ID that a target holds; nil: it cannot be read.
    func inspect(_ target: PusherTarget, timeout: Duration, answer: @escaping @Sendable (AccessKeyID?) -> Void)
}

extension PusherHost: PushService {
    /// Pushes a pair to one target; nil: it was never begun, since the process is to stop.
    public func push(
        _ pair: KeyPair, to target: PusherTarget, timeout: Duration, answer: @escaping @Sendable (PushResult?) -> Void
    ) {
        call(.push(pair), target, timeout: timeout) { report in
            answer(
                report.isNotBegun
                    ? nil
                    : PushResult(
                        report.outcome, evidence: report.evidence, retryAfter: report.retryAfter,
                        mayHaveWritten: report.mayHaveWritten, message: report.message))
        }
    }

    /// Why a target would refuse a pair for good; nil: it would take one, or cannot be asked at the moment.
    public func refusal(of target: PusherTarget, timeout: Duration, answer: @escaping @Sendable (String?) -> Void) {
        call(.check, target, timeout: timeout) { report in
            switch report.outcome {
            case .unauthorized, .notFound, .conflict, .invalidConfig: answer(report.message)
            // What a plugin cannot check shows at the push.
            case .ok, .unchanged, .unsupported, .retryable, .rateLimited, .cancelled, .timedOut, .internal, .unknown:
                answer(nil)
            }
        }
    }

    /// The key ID that a target holds; nil: it cannot be read.
    public func inspect(
        _ target: PusherTarget, timeout: Duration, answer: @escaping @Sendable (AccessKeyID?) -> Void
    ) {
        call(.inspect, target, timeout: timeout) { report in
            answer(report.outcome == .ok ? report.keyID.map { AccessKeyID($0) } : nil)
        }
    }
}
