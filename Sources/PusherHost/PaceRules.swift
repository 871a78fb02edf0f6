public import JSON
public import JSONSchema

/// A service's documented rate limits, as a manifest's `pace` names them.
///
/// ```json
/// "pace": {
///   "limits": [{ "seconds": 60, "cost": 900, "read": 1, "write": 5, "applies": "limited" }],
///   "push": { "read": 2, "write": 2 }
/// }
/// ```
public struct PaceRules: Hashable, Sendable {
    /// When a limit counts.
    public enum Condition: String, Hashable, Sendable, CaseIterable {
        /// Always.
        case always
        /// Where the service is the vendor's own, or its answers show limits: self-managed ones often have none.
        case limited
        /// Once the service has refused a request though the other limits were kept: what vendors advise, and not always
        /// enforce.
        case refused
    }

    /// What may be spent in any span of that length.
    public struct Limit: Hashable, Sendable {
        /// The span, in seconds.
        public var seconds: Int
        /// What may be spent.
        public var cost: Int
        /// What a request costs that reads.
        public var read: Int
        /// What a request costs that writes.
        public var write: Int
        /// What a POST costs, where it differs.
        public var post: Int
        /// When it counts.
        public var applies: Condition

        func cost(of method: String) -> Int {
            method == "GET" || method == "HEAD" ? read : method == "POST" ? post : write
        }

        /// What these requests cost at most.
        func cost(of usage: Usage) -> Int {
            let posts = min(usage.posts, usage.writes)
            return usage.reads * read + (usage.writes - posts) * write + posts * max(post, write)
        }

        /// What they cost at least: none of them is a POST that need not be one.
        func leastCost(of usage: Usage) -> Int {
            usage.reads * read + usage.writes * (usage.posts > 0 ? min(write, post) : write)
        }
    }

    /// The requests of one call.
    public struct Usage: Hashable, Sendable {
        /// Requests that read.
        public var reads = 0
        /// Requests that write.
        public var writes = 0
        /// How many of those that write can turn out to be POSTs.
        public var posts = 0
    }

    /// The limits.
    public var limits: [Limit] = []
    /// The shortest pause after a refusal without a time, as the vendor documents it; nil: it documents none.
    public var pause: Duration?
    /// What a push is known to need, so that it does not begin before it can end. None: its requests wait one by one.
    public var push = Usage()

    /// Reads what has the form of the manifest's `pace`.
    public init(_ json: JSONValue?) {
        func number(_ value: JSONValue?, _ longest: Int64 = 1_000_000) -> Int? {
            if case .integer(let number) = value { Int(min(max(number, 0), longest)) } else { nil }
        }
        limits = (json?["limits"]?.array ?? []).map { limit in
            let write = number(limit["write"]) ?? 0
            return Limit(
                seconds: max(1, number(limit["seconds"], 86_400) ?? 60), cost: number(limit["cost"]) ?? 1,
                read: number(limit["read"]) ?? 0,
                write: write, post: number(limit["post"]) ?? write,
                applies: limit["applies"]?.string.flatMap(Condition.init) ?? .always)
        }
        pause = number(json?["pause"], 3_600).map { .seconds($0) }
        push = Usage(
            reads: number(json?["push"]?["read"]) ?? 0, writes: number(json?["push"]?["write"]) ?? 0,
            posts: number(json?["push"]?["post"]) ?? 0)
    }

    /// How long that many pushes take at least, where the limits apply.
    public func shortestTime(ofPushes count: Int) -> Duration {
        limits.filter { $0.applies != .refused }.map { limit in
            let each = limit.leastCost(of: push)
            guard each > 0, count > 0 else { return Duration.zero }
            // Whole pushes in a span; each further lot waits for the next span.
            let lot = max(1, limit.cost / each)
            return .seconds(limit.seconds * ((count - 1) / lot))
        }.max() ?? .zero
    }

    /// The limits that an operator gives a pusher, in place of the manifest's.
    public static let limitsSchema = Schema(schema["properties"]?["limits"] ?? .bool(false))

    /// The same pushes under other limits, which always count.
    public func with(limits json: JSONValue) -> PaceRules {
        var rules = PaceRules(.object(["limits": json]))
        rules.push = push
        rules.pause = pause
        for index in rules.limits.indices { rules.limits[index].applies = .always }
        return rules
    }

    static let schema: JSONValue = {
        func count(_ least: Int64) -> JSONValue { .object(["type": .string("integer"), "minimum": .integer(least)]) }
        func object(_ properties: [String: JSONValue], _ required: [String] = []) -> JSONValue {
            .object([
                "type": .string("object"), "additionalProperties": .bool(false), "properties": .object(properties),
                "required": .array(required.map(JSONValue.string)),
            ])
        }
        let limit = object(
            [
                "seconds": count(1), "cost": count(1), "read": count(0), "write": count(0), "post": count(0),
                "applies": .object(["enum": .array(Condition.allCases.map { .string($0.rawValue) })]),
                "description": .object(["type": .string("string")]),
            ], ["seconds", "cost"])
        return object([
            "limits": .object(["type": .string("array"), "items": limit]),
            "pause": count(1),
            "push": object(["read": count(0), "write": count(0), "post": count(0)]),
        ])
    }()
}
