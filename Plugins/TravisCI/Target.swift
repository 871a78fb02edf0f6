import PusherKit

/// The environment variables of one repository that hold the pair: two, or one with both parts.
struct Target: Decodable, Sendable {
    let repository: PlaceName
    let branch: String?
    let accessKeyID: String
    let secretAccessKey: String
    /// The one variable that holds both parts instead, where the target has that shape.
    let file: CredentialsVariable?

    enum CodingKeys: String, CodingKey {
        case repository, branch, shape, profile
        case credentialsFile = "credentials-file"
        case accessKeyID = "access-key-id"
        case secretAccessKey = "secret-access-key"
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        repository = try fields.decode(PlaceName.self, forKey: .repository)
        branch = try fields.decodeIfPresent(String.self, forKey: .branch)
        accessKeyID = try fields.decode(String.self, forKey: .accessKeyID)
        secretAccessKey = try fields.decode(String.self, forKey: .secretAccessKey)
        file = try CredentialsVariable(fields)
    }

    /// What messages begin with.
    func subject(_ variable: String? = nil) -> String {
        let place = branch.map { "\(repository) (branch \($0))" } ?? repository.text
        return oneLine("Travis CI: " + (variable.map { "\($0) in \(place)" } ?? place))
    }
}
