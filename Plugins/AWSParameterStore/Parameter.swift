import PusherKit

/// What DescribeParameters says of a parameter: everything but its value.
struct Parameter: JSONReadable, Sendable {
    let name: String
    let type: String
    let version: Int
    let changedAt: String?
    /// What a write has to say again: without a key, AWS encrypts with its own.
    let key: String?
    let tier: String?
    let description: String?
    let pattern: String?

    init(json fields: JSONValue) throws(JSONMismatch) {
        name = try fields.value("Name")
        type = try fields.value("Type")
        version = try fields.value("Version")
        changedAt = try fields.optional("LastModifiedDate", as: Double.self).flatMap(epochDate).map(rfc3339Text)
        key = try fields.optional("KeyId")
        tier = try fields.optional("Tier")
        description = try fields.optional("Description")
        pattern = try fields.optional("AllowedPattern")
    }

    static let secure = "SecureString"
}

/// What GetParameter answers.
struct ParameterValue: JSONReadable {
    let value: SecretBytes
    let version: Int

    init(json fields: JSONValue) throws(JSONMismatch) {
        guard let parameter = fields["Parameter"] else { throw fields.wrong("Parameter", "is missing") }
        value = try parameter.value("Value")
        version = try parameter.value("Version")
    }
}

/// What PutParameter answers.
struct WrittenVersion: JSONReadable {
    let version: Int

    init(json fields: JSONValue) throws(JSONMismatch) { version = try fields.value("Version") }
}
