public import PusherHost
public import Rotation

/// A user as the engine works on it.
public struct ManagedUser: Sendable {
    /// The name in the configuration and in the journal.
    public var name: String
    /// The IAM user name.
    public var userName: String
    /// The account's IAM and STS.
    public var keys: any AccessKeyService
    /// Times and limits.
    public let policy: Policy
    /// Every place that must hold the key.
    public let targets: [PusherTarget]
    /// Whether it waits until nobody else is worked on: the process itself runs with its key.
    public let comesLast: Bool
    let targetsByName: [TargetName: PusherTarget]
    let terms: Terms

    /// A user to work on.
    ///
    /// - Parameter forgotten: targets that have left and do not matter any more, each with the reason.
    public init(
        name: String, userName: String, keys: any AccessKeyService, policy: Policy, targets: [PusherTarget],
        comesLast: Bool = false, forgotten: [TargetName: String] = [:]
    ) {
        self.name = name
        self.userName = userName
        self.keys = keys
        self.policy = policy
        self.targets = targets
        self.comesLast = comesLast
        targetsByName = Dictionary(targets.map { ($0.name, $0) }) { first, _ in first }
        terms = Terms(
            policy: policy, targets: targets.map(\.name), oneValue: Set(targets.filter(\.isOneValue).map(\.name)),
            identities: Dictionary(targets.compactMap { target in target.identity.map { (target.name, $0) } }) {
                first, _ in first
            },
            forgotten: forgotten)
    }
}
