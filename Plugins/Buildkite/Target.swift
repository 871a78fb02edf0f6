import PusherKit

/// The two secrets of one cluster that hold the pair.
struct Target: JSONReadable, Sendable {
    let organization: String
    /// By its name or its ID.
    let cluster: String
    let accessKeyID: String
    let secretAccessKey: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        organization = try fields.value("organization")
        cluster = try fields.value("cluster")
        accessKeyID = try Self.key("access-key-id", fields)
        secretAccessKey = try Self.key("secret-access-key", fields)
    }

    /// The manifest's pattern cannot say what a name must not begin with.
    private static func key(_ field: String, _ fields: JSONValue) throws(JSONMismatch) -> String {
        let key: String = try fields.value(field)
        guard !key.lowercased().hasPrefix("buildkite"), !key.lowercased().hasPrefix("bk") else {
            throw fields.wrong(field, "Buildkite keeps names that begin with BUILDKITE or BK for itself")
        }
        return key
    }

    /// What messages begin with.
    func subject(_ key: String? = nil) -> String {
        let place = "cluster \(cluster) of \(organization)"
        return oneLine("Buildkite: " + (key.map { "\($0) in \(place)" } ?? place))
    }
}
