internal import Rotation

/// One place that holds a key pair, as it really is.
struct SimulatedTarget {
    let name: TargetName
    /// The key that it holds.
    var held: AccessKeyID?
    /// Whether it is in the configuration.
    var isConfigured = true
    /// Whether keyturn answers for what it holds: not from its removal or its skip on, until it has confirmed a key again.
    var isProtected = true
    /// Whether the key ID can be read back.
    var isReadable: Bool
    /// Until when it is down.
    var downUntil: Timestamp?
    /// By the machine's clock: until when it asked not to be bothered.
    var pausedUntil: Timestamp?
}
