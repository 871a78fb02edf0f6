import PusherKit

/// The secrets of one cluster that hold the pair.
struct Target: JSONReadable, Sendable {
    let organization: String
    /// By its name or its ID.
    let cluster: String
    let shape: PairShape

    init(json fields: JSONValue) throws(JSONMismatch) {
        organization = try fields.value("organization")
        cluster = try fields.value("cluster")
        shape = try PairShape(fields, file: "AWS_CREDENTIALS_FILE")
        // The manifest's pattern cannot say what a name must not begin with.
        for (field, key) in shape.names
        where key.lowercased().hasPrefix("buildkite") || key.lowercased().hasPrefix("bk") {
            throw fields.wrong(field, "Buildkite keeps names that begin with BUILDKITE or BK for itself")
        }
    }

    /// What messages begin with.
    func subject(_ key: String? = nil) -> String {
        let place = "cluster \(cluster) of \(organization)"
        return oneLine("Buildkite: " + (key.map { "\($0) in \(place)" } ?? place))
    }
}
