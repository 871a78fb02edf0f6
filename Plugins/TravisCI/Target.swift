import PusherKit

/// Two environment variables of one repository.
struct Target: Decodable, Sendable {
    let repository: PlaceName
    let branch: String?
    let accessKeyID: String
    let secretAccessKey: String

    enum CodingKeys: String, CodingKey {
        case repository, branch
        case accessKeyID = "access-key-id"
        case secretAccessKey = "secret-access-key"
    }

    /// What messages begin with.
    func subject(_ variable: String? = nil) -> String {
        let place = branch.map { "\(repository) (branch \($0))" } ?? repository.text
        return oneLine("Travis CI: " + (variable.map { "\($0) in \(place)" } ?? place))
    }
}
