internal import JSON

/// The author's `conformance.json`: a configuration, targets, and how the service answers when all is well.
struct Fixture: Sendable {
    var configuration: JSONValue
    var targets: [JSONValue]
    var rules: [Rule]
    /// What `find` is asked to look through.
    var scopes: [String]

    private static let ruleLimit = 1_000

    /// - Parameters:
    ///   - bytes: the file.
    ///   - scratch: what `$TMPDIR` at the start of a text of the configuration, the targets or the scopes becomes.
    init(_ bytes: [UInt8], scratch: String = "/tmp") throws(FixtureError) {
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
        self.scopes = scopes.map { Self.placed($0, in: scratch) }
        self.configuration = Self.placed(configuration, in: scratch)
        self.targets = targets.map { Self.placed($0, in: scratch) }
        rules = []
        for (number, reply) in replies.enumerated() { rules.append(try Rule(reply, number: number)) }
    }

    private static func placed(_ text: String, in scratch: String) -> String {
        text.hasPrefix("$TMPDIR") ? scratch + text.dropFirst("$TMPDIR".count) : text
    }

    private static func placed(_ json: JSONValue, in scratch: String) -> JSONValue {
        if let text = json.string { return .string(placed(text, in: scratch)) }
        if let members = json.object { return .object(members.mapValues { placed($0, in: scratch) }) }
        return json
    }
}
