public import Rotation

/// A place that must hold the key, as far as a rotation needs to know it.
public struct ManagedTarget: Hashable, Sendable {
    /// `pusher:place`.
    public var name: TargetName
    /// Whether one variable holds the whole pair.
    public var isOneValue: Bool
    /// What it is, whatever it is called: plugin, service, place and variables; nil: not known.
    public var identity: String?

    /// One place.
    public init(_ name: TargetName, isOneValue: Bool = false, identity: String? = nil) {
        (self.name, self.isOneValue, self.identity) = (name, isOneValue, identity)
    }
}

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
    public let targets: [TargetName: ManagedTarget]
    /// Whether it waits until no one else is worked on: the process itself runs with its key.
    public let comesLast: Bool
    let requirements: UserRequirements

    /// A user to work on.
    ///
    /// - Parameter forgotten: targets that have left and do not matter any more, each with the reason.
    public init(
        name: String, userName: String, keys: any AccessKeyService, policy: Policy, targets: [ManagedTarget],
        comesLast: Bool = false, forgotten: [TargetName: String] = [:]
    ) {
        self.name = name
        self.userName = userName
        self.keys = keys
        self.policy = policy
        self.comesLast = comesLast
        self.targets = Dictionary(targets.map { ($0.name, $0) }) { first, _ in first }
        requirements = UserRequirements(policy: policy, targets: targets, forgotten: forgotten)
    }
}

extension UserRequirements {
    /// What a rotation must know of a user with these targets.
    package init(policy: Policy, targets: [ManagedTarget], forgotten: [TargetName: String]) {
        self.init(
            policy: policy, targets: targets.map(\.name), oneValue: Set(targets.filter(\.isOneValue).map(\.name)),
            identities: Dictionary(targets.compactMap { target in target.identity.map { (target.name, $0) } }) {
                first, _ in first
            },
            forgotten: forgotten)
    }
}
