import PusherKit

/// A Secret as the API server shows it.
struct Secret: JSONReadable {
    let resourceVersion: String
    let isImmutable: Bool
    /// Kinds and names of what made the Secret and may write it again: `ExternalSecret/aws`.
    let owners: [String]
    /// In base64.
    private let data: [String: SecretBytes]

    init(json secret: JSONValue) throws(JSONMismatch) {
        let kind: String? = try secret.optional("kind")
        guard kind ?? "Secret" == "Secret" else { throw secret.wrong("kind", "is not Secret") }
        let metadata: JSONValue = try secret.value("metadata")
        resourceVersion = try metadata.value("resourceVersion")
        isImmutable = try secret.optional("immutable") ?? false
        data = try secret.optional("data") ?? [:]
        owners = (metadata["ownerReferences"]?.elements ?? []).prefix(4).compactMap { owner in
            guard let kind = try? owner.value("kind", as: String.self),
                let name = try? owner.value("name", as: String.self)
            else { return nil }
            return oneLine("\(kind)/\(name)", limit: 100)
        }
    }

    /// Whether there is a key of that name.
    func has(_ name: String) -> Bool { data[name] != nil }

    /// What a key holds, or nil where it is not there or not in base64.
    func value(_ name: String) -> SecretBytes? { data[name]?.base64Decoded }

    /// Whether both of the target's keys hold the pair.
    func holds(_ pair: borrowing KeyPair, _ target: Target) -> Bool {
        value(target.accessKeyID)?.equals(pair.accessKeyID) == true
            && value(target.secretAccessKey) == pair.secretAccessKey
    }
}

/// What the API server says of a permission.
struct AccessReview: JSONReadable {
    let isAllowed: Bool

    init(json review: JSONValue) throws(JSONMismatch) {
        let status: JSONValue = try review.value("status")
        isAllowed = try status.value("allowed")
    }
}

/// The API server's error body, a Status.
struct VendorError: JSONReadable {
    let reason: String
    let message: String
    let retryAfterSeconds: Int64?

    init(json status: JSONValue) throws(JSONMismatch) {
        reason = try status.optional("reason") ?? ""
        message = try status.optional("message") ?? ""
        retryAfterSeconds = try status["details"]?.optional("retryAfterSeconds")
    }
}
