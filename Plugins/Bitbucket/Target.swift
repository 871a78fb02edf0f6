import PusherKit

/// The variables of a workspace, a repository or a deployment environment that hold the pair.
struct Target: JSONReadable, Sendable {
    /// By its slug, or its UUID in braces.
    let workspace: String
    /// Nil: the workspace's variables.
    let repository: String?
    /// By its name; nil: the repository's variables.
    let environment: String?
    let shape: PairShape

    init(json fields: JSONValue) throws(JSONMismatch) {
        workspace = try fields.value("workspace")
        repository = try fields.optional("repository")
        environment = try fields.optional("environment")
        shape = try PairShape(fields, file: "AWS_CREDENTIALS_FILE_BASE64")
        if environment != nil, repository == nil {
            throw fields.wrong("environment", "an environment is one of a repository: give repository as well")
        }
    }

    /// What messages begin with.
    func subject(_ variable: String? = nil) -> String {
        var place = repository.map { "\(workspace)/\($0)" } ?? "workspace \(workspace)"
        if let environment { place += " (\(environment))" }
        return oneLine("Bitbucket: " + (variable.map { "\($0) in \(place)" } ?? place))
    }
}
