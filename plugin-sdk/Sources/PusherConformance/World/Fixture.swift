internal import JSON

/// The author's `conformance.json`: a configuration, targets, and how the service answers when all is well.
struct Fixture: Sendable {
    var configuration: JSONValue
    var targets: [JSONValue]
    var rules: [Rule]
    /// What `find` is asked to look through.
    var scopes: [String]

    private static let ruleLimit = 1_000

    init(_ bytes: [UInt8]) throws(FixtureError) {
        guard let json = JSONValue(parsing: bytes), let members = json.object else {
            throw FixtureError("it is not a JSON object")
        }
        let known: Set = ["configuration", "targets", "replies", "description", "scopes"]
        if let name = members.keys.sorted().first(where: { !known.contains($0) }) {
            throw FixtureError(
                "unknown field `\(name)`; known are configuration, targets, scopes, replies, description")
        }
        guard let configuration = json["configuration"], configuration.object != nil else {
            throw FixtureError("`configuration` must be an object: the pusher's fields, with secrets as plain text")
        }
        guard let targets = json["targets"]?.array, !targets.isEmpty, targets.allSatisfy({ $0.object != nil }) else {
            throw FixtureError(
                "`targets` must be a list of one or more objects; two or more show that they can be many")
        }
        guard let replies = json["replies"]?.array, replies.count <= Self.ruleLimit else {
            throw FixtureError("`replies` must be a list of replies, 1,000 at most")
        }
        guard let scopes = (json["scopes"] ?? .array([])).strings else {
            throw FixtureError("`scopes` must be a list of texts")
        }
        self.scopes = scopes
        self.configuration = configuration
        self.targets = targets
        rules = []
        for (number, reply) in replies.enumerated() { rules.append(try Rule(reply, number: number)) }
    }
}
