public import JSON

/// What an operation of AWS is about, as a manifest's `resources` says it: the end of an ARN, with fields of a target in braces.
///
/// ```json
/// "resources": {
///   "ssm:GetParameter": { "resource": "parameter/{parameter}", "unless": "replace" },
///   "ssm:GetParametersByPath": { "for": "find" }
/// }
/// ```
public struct AWSResource: Hashable, Sendable {
    /// `parameter/{parameter}`; nil: it is about everything, for AWS cannot narrow it, or no target says what it is about.
    private let template: String?
    /// A target whose field of that name is true does without the operation.
    private let unless: String?

    /// Whether only `keyturn find` asks for it, and no push does.
    public let isForFind: Bool

    init?(_ json: JSONValue) {
        template = json["resource"]?.string
        unless = json["unless"]?.string
        isForFind = json["for"]?.string == "find"
        guard template != nil || isForFind else { return nil }
    }

    /// The form of `resources`. No more than ARNs have: people put what comes of it into policies.
    static let schema: JSONValue = .object([
        "type": .string("object"),
        "additionalProperties": .object([
            "type": .string("object"), "additionalProperties": .bool(false),
            "anyOf": .array([
                .object(["required": .array([.string("resource")])]), .object(["required": .array([.string("for")])]),
            ]),
            "properties": .object([
                "resource": .object(["type": .string("string"), "pattern": .string("^[A-Za-z0-9/_.:{}?*-]{1,256}$")]),
                "unless": .object(["type": .string("string")]),
                "for": .object(["type": .string("string"), "enum": .array([.string("find")])]),
            ]),
        ]),
    ])

    /// Whether the resource is `*`.
    public var isEverything: Bool { template == nil }

    /// The end of the ARN for a target; nil: the target does without the operation.
    ///
    /// - Parameter fields: of the target. A slash that a field begins with is not doubled.
    public func filled(_ fields: JSONValue) -> String? {
        if let unless, fields[unless] == .bool(true) { return nil }
        guard let template else { return "*" }
        var text = ""
        for (index, piece) in template.split(separator: "{", omittingEmptySubsequences: false).enumerated() {
            guard index > 0 else {
                text += piece
                continue
            }
            let value = fields[String(piece.prefix { $0 != "}" })]?.string ?? "*"
            text += text.hasSuffix("/") && value.hasPrefix("/") ? value.dropFirst() : value[...]
            text += piece.drop { $0 != "}" }.dropFirst()
        }
        return text
    }
}
