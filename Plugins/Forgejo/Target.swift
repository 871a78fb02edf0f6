import PusherKit

/// The secrets and variables of one place that hold the pair.
struct Target: JSONReadable, Sendable {
    let place: Place
    let shape: PairShape
    /// Whether the key ID is kept as a variable, which can be read back, and not as a secret.
    let keyIDIsVariable: Bool

    init(json fields: JSONValue) throws(JSONMismatch) {
        place = try Place(fields)
        shape = try PairShape(fields, file: "AWS_CREDENTIALS_FILE")
        keyIDIsVariable = try fields.optional("key-id-as") == "variable"
        switch shape {
        case .credentialsFile where keyIDIsVariable:
            throw fields.wrong("key-id-as", "a credentials file holds the key ID too: leave one of the two out")
        case .pair(let id, let secret) where !keyIDIsVariable && isSameName(id, secret):
            throw fields.wrong("secret-access-key", "the same secret as access-key-id")
        default: break
        }
        // The manifest's pattern cannot say what a name must not begin with.
        for (field, name) in shape.names
        where ["FORGEJO_", "GITEA_", "GITHUB_"].contains(where: name.uppercased().hasPrefix) {
            throw fields.wrong(field, "names that begin with FORGEJO_, GITEA_ or GITHUB_ are the service's own")
        }
    }

    /// What a write makes, the one with the key ID first.
    var items: [Item] {
        shape.names.enumerated().map { Item(name: $1.name, isVariable: keyIDIsVariable && $0 == 0) }
    }

    /// What messages begin with.
    func subject(_ name: String? = nil) -> String {
        oneLine("Forgejo: " + (name.map { "\($0) in \(place.description)" } ?? place.description))
    }

    /// A secret or a variable.
    struct Item {
        let name: String
        let isVariable: Bool
    }
}

/// Whether two names are the same to Forgejo, which keeps them in upper case.
func isSameName(_ one: String, _ other: String) -> Bool { one.uppercased() == other.uppercased() }
