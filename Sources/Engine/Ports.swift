public import Rotation
public import Secrets

/// What a rotation needs of IAM and STS. A failure's sentence says what to do about it. What changes a key is sent only while the tenure
/// is held.
public protocol AccessKeyService: Sendable {
    /// All keys of a user.
    func listAccessKeys(of user: String) async throws(Failure) -> [AccessKey]
    /// A new key; `lost` where it is not known whether there is one.
    func createAccessKey(of user: String, under tenure: Tenure) async throws(Failure) -> (key: AccessKey, pair: KeyPair)
    /// Makes a key Active or Inactive.
    func setStatus(
        _ status: AccessKey.Status, of id: AccessKeyID, of user: String, under tenure: Tenure
    ) async throws(Failure)
    /// Deletes a key; one that is gone counts as deleted.
    func deleteAccessKey(_ id: AccessKeyID, of user: String, under tenure: Tenure) async throws(Failure)
    /// When and by what a key was last used; nil: never.
    func lastUse(of id: AccessKeyID) async throws(Failure) -> LastUse?
    /// Whose pair it is, as STS answers when the pair itself asks.
    func holder(of pair: KeyPair, expecting user: String) async throws(Failure) -> KeyHolder
}

/// Whose a pair is.
public enum KeyHolder: Hashable, Sendable {
    /// The user that was expected.
    case expected
    /// Another identity, by its ARN.
    case another(String)
}

/// What a rotation needs of the pushers. Targets are known to them by their names.
///
/// Each answers by a call, once, from any thread: hundreds of targets wait at the same time, and a task for each of them would
/// cost more memory than all the rest.
public protocol PushService: Sendable {
    /// Pushes a pair to one target. Whatever happens is an outcome.
    ///
    /// - Parameters:
    ///   - isFinishing: whether the target may hold half of the pair, so that this goes before anything else.
    ///   - tenure: nothing is sent once it is over.
    func push(
        _ pair: KeyPair, to target: TargetName, isFinishing: Bool, under tenure: Tenure, timeout: Duration,
        answer: @escaping @Sendable (PushAnswer<PushResult>) -> Void)
    /// Why a target would refuse a pair for good; nil: it would take one, or cannot be asked at the moment.
    func refusal(
        of target: TargetName, timeout: Duration, answer: @escaping @Sendable (PushAnswer<String?>) -> Void)
    /// The key ID that a target holds.
    func inspect(
        _ target: TargetName, timeout: Duration, answer: @escaping @Sendable (PushAnswer<Sighting>) -> Void)
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
}
