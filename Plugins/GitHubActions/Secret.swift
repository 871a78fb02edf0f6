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
}

/// The secrets of a place, as far as GitHub told of them.
struct SecretList: Decodable {
    /// How many there are in all, where GitHub says so.
    let total: Int?
    let secrets: [Secret]

    /// GitHub's names are not case-sensitive, and come back in upper case.
    subscript(name: String) -> Secret? {
        secrets.first { $0.name.lowercased() == name.lowercased() }
    }

    enum CodingKeys: String, CodingKey {
        case secrets
        case total = "total_count"
    }
}
