import PusherKit

/// The two variables of one variable group that hold the pair.
struct Target: JSONReadable, Sendable {
    /// On Azure DevOps Server, the collection.
    let organization: String
    /// By its name or its ID.
    let project: String
    let group: String
    let accessKeyID: String
    let secretAccessKey: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        organization = try fields.value("organization")
        project = try fields.value("project")
        group = try fields.value("variable-group")
        accessKeyID = try fields.value("access-key-id")
        secretAccessKey = try fields.value("secret-access-key")
        // Azure DevOps compares names of variables without case.
        if accessKeyID.lowercased() == secretAccessKey.lowercased() {
            throw fields.wrong("secret-access-key", "the same variable as access-key-id")
        }
    }

    /// What messages begin with.
    func subject(_ variable: String? = nil) -> String {
        // A project as a whole has no group, and an organization no project.
        let owner = project.isEmpty ? organization : "\(organization)/\(project)"
        let place = group == "*" ? owner : "variable group \(group) of \(owner)"
        return oneLine("Azure DevOps: " + (variable.map { "\($0) in \(place)" } ?? place))
    }
}
