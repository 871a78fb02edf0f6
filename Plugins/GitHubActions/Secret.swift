import FoundationEssentials
import PusherKit

/// What GitHub tells about a secret: everything but its value.
struct Secret: Decodable {
    let name: String
    let updatedAt: String
    /// Organizations only: `all`, `private` or `selected`.
    let visibility: String?

    enum CodingKeys: String, CodingKey {
        case name, visibility
        case updatedAt = "updated_at"
    }

    /// GitHub's names are not case-sensitive, and come back in upper case.
    func isNamed(_ name: String) -> Bool {
        self.name.lowercased() == name.lowercased()
    }

    /// Whether GitHub shows a write since `start`, which is a time by GitHub's clock too.
    ///
    /// GitHub is many machines, and both times are cut to seconds: they are allowed to differ by five. What was written
    /// that shortly before the push began is an earlier attempt of the same rotation.
    func isWritten(since start: Date) -> Bool {
        guard let time = rfc3339(updatedAt) else { return false }
        return time >= start.addingTimeInterval(-5)
    }
}

/// A page of secrets.
struct SecretList: Decodable {
    let secrets: [Secret]
}

/// Which repositories see an organization's secret: a change must say it again, or it is lost.
struct Access {
    let visibility: String
    let repositories: [Int]
}

/// A page of repositories.
struct RepositoryList: Decodable {
    let total: Int
    let repositories: [Repository]

    struct Repository: Decodable {
        let id: Int
    }

    enum CodingKeys: String, CodingKey {
        case repositories
        case total = "total_count"
    }
}
