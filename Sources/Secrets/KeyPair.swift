public import Rotation

/// An access key with its secret.
public struct KeyPair: Sendable {
    /// The key's ID, which is public.
    public let id: AccessKeyID
    /// The secret access key.
    public let secret: Secret

    /// A pair as AWS gave it.
    public init(id: AccessKeyID, secret: Secret) {
        self.id = id
        self.secret = secret
    }
}
