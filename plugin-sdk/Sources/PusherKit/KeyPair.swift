/// The pair to push. It cannot be copied or kept, and its secret cannot be printed.
public struct KeyPair: ~Copyable {
    /// The access key ID, which is not a secret.
    public let accessKeyID: String
    /// The secret access key: into requests, and nowhere else.
    public let secretAccessKey: SecretBytes

    init(accessKeyID: String, secretAccessKey: SecretBytes) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
    }
}
