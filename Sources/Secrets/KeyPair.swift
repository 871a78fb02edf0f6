/// An access key with its secret.
public struct KeyPair: Sendable {
    /// `AKIA…`: public.
    public let id: String
    /// The secret access key.
    public let secret: Secret

    /// A pair as AWS gave it.
    public init(id: String, secret: Secret) {
        self.id = id
        self.secret = secret
    }
}
