import PusherKit

/// The secrets and variables of one place that hold the pair.
struct Target: JSONReadable, Sendable {
    let place: Place
    let shape: Shape

    init(json fields: JSONValue) throws(JSONMismatch) {
        place = try Place(fields)
        shape = try Shape(fields)
    }

    /// What messages begin with.
    func subject(_ name: String? = nil) -> String {
        oneLine("Forgejo: " + (name.map { "\($0) in \(place.description)" } ?? place.description))
    }
}

/// How a target holds the pair.
enum Shape: Sendable {
    /// Two secrets, or a variable for the key ID and a secret.
    case pair(accessKeyID: String, secretAccessKey: String, keyIDIsVariable: Bool)
    /// One secret whose value is an AWS shared credentials file. It is never half written.
    case credentialsFile(String, CredentialsFile)

    init(_ fields: JSONValue) throws(JSONMismatch) {
        let profile: String? = try fields.optional("profile")
        let isNamed = fields.contains("credentials-file")
        let keyIDAs: String? = try fields.optional("key-id-as")
        switch try fields.optional("shape") ?? "pair" {
        case "pair":
            guard !isNamed, profile == nil else {
                throw fields.wrong("shape", "credentials-file and profile are for shape: credentials-file")
            }
            let id = try Self.name("access-key-id", fields)
            let secret = try Self.name("secret-access-key", fields)
            let isVariable = keyIDAs == "variable"
            if !isVariable, id.uppercased() == secret.uppercased() {
                throw fields.wrong("secret-access-key", "the same secret as access-key-id")
            }
            self = .pair(accessKeyID: id, secretAccessKey: secret, keyIDIsVariable: isVariable)
        case "credentials-file":
            guard keyIDAs != "variable" else {
                throw fields.wrong("key-id-as", "a credentials file holds the key ID too: leave one of the two out")
            }
            self = .credentialsFile(
                isNamed ? try Self.name("credentials-file", fields) : "AWS_CREDENTIALS_FILE",
                CredentialsFile(profile: profile ?? "default"))
        case let other:
            throw fields.wrong("shape", "\(other) is neither pair nor credentials-file")
        }
    }

    /// What a write makes, the one with the key ID first.
    var items: [Item] {
        switch self {
        case .pair(let id, let secret, let isVariable):
            [Item(name: id, isVariable: isVariable), Item(name: secret, isVariable: false)]
        case .credentialsFile(let name, _): [Item(name: name, isVariable: false)]
        }
    }

    /// The manifest's pattern cannot say what a name must not begin with.
    private static func name(_ field: String, _ fields: JSONValue) throws(JSONMismatch) -> String {
        let name: String = try fields.value(field)
        let upper = name.uppercased()
        guard !["FORGEJO_", "GITEA_", "GITHUB_"].contains(where: upper.hasPrefix) else {
            throw fields.wrong(field, "names that begin with FORGEJO_, GITEA_ or GITHUB_ are the service's own")
        }
        return name
    }

    /// A secret or a variable.
    struct Item {
        let name: String
        let isVariable: Bool
    }
}

/// Whether two names are the same to Forgejo, which keeps them in upper case.
func isSameName(_ one: String, _ other: String) -> Bool { one.uppercased() == other.uppercased() }
