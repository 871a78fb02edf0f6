import PusherKit

/// The two variables of one workspace or one variable set that hold the pair.
struct Target: JSONReadable, Sendable {
    /// Whose variables they are.
    enum Place: Sendable {
        /// By its name.
        case workspace(String)
        /// By its name or its ID.
        case variableSet(String)
    }

    let organization: String
    let place: Place
    let category: Category
    let accessKeyID: String
    let secretAccessKey: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        organization = try fields.value("organization")
        category = try fields.optional("category") ?? .environment
        accessKeyID = try fields.value("access-key-id")
        secretAccessKey = try fields.value("secret-access-key")
        let workspace: String? = try fields.optional("workspace")
        let set: String? = try fields.optional("variable-set")
        switch (workspace, set) {
        case (let workspace?, nil): place = .workspace(workspace)
        case (nil, let set?): place = .variableSet(set)
        default: throw fields.wrong("workspace", "give workspace or variable-set")
        }
    }

    /// What messages begin with.
    func subject(_ variable: String? = nil) -> String {
        let name: String
        switch place {
        case .workspace(let workspace): name = "\(organization)/\(workspace)"
        case .variableSet(let set): name = "variable set \(set) of \(organization)"
        }
        return oneLine("HCP Terraform: " + (variable.map { "\($0) in \(name)" } ?? name))
    }
}

/// What a variable is for.
enum Category: String, JSONReadable, Sendable {
    case environment = "env"
    case terraform
}

/// Whether a text is the ID of a variable set, which no name looks like by accident: `varset-` and 16 letters and digits.
func isVariableSetID(_ text: String) -> Bool {
    guard text.hasPrefix("varset-") else { return false }
    let rest = text.dropFirst(7)
    return rest.utf8.count == 16 && rest.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
}
