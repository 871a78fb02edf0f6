import PusherKit

/// The environment variables of one repository that hold the pair: two, or one with both parts.
struct Target: JSONReadable, Sendable {
    let repository: PlaceName
    let branch: String?
    let accessKeyID: String
    let secretAccessKey: String
    /// The one variable that holds both parts instead, where the target has that shape.
    let file: CredentialsVariable?

    init(json fields: JSONValue) throws(JSONMismatch) {
        repository = try fields.value("repository")
        branch = try fields.optional("branch")
        accessKeyID = try fields.value("access-key-id")
        secretAccessKey = try fields.value("secret-access-key")
        file = try CredentialsVariable(fields)
    }

    /// For asking about a repository, or an owner.
    init(finding place: String) {
        repository = PlaceName(place)
        (branch, file) = (nil, nil)
        (accessKeyID, secretAccessKey) = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    }

    /// What messages begin with.
    func subject(_ variable: String? = nil) -> String {
        let place = branch.map { "\(repository) (branch \($0))" } ?? repository.text
        return oneLine("Travis CI: " + (variable.map { "\($0) in \(place)" } ?? place))
    }
}
