public import JSON

/// What an operation of AWS is about, as a manifest's `resources` says it: the end of an ARN, with fields of a target in braces.
///
/// ```json
/// "resources": { "ssm:GetParameter": { "resource": "parameter/{parameter}", "unless": "replace" } }
/// ```
public struct AWSResource: Hashable, Sendable {
    /// `parameter/{parameter}`
    private let template: String
    /// A target whose field of that name is true does without the operation.
    private let unless: String?

    init?(_ json: JSONValue) {
        guard let template = json["resource"]?.string else { return nil }
        self.template = template
        unless = json["unless"]?.string
    }

    /// The form of `resources`. No more than ARNs have: people put what comes of it into policies.
    static let schema: JSONValue = .object([
        "type": .string("object"),
        "additionalProperties": .object([
            "type": .string("object"), "additionalProperties": .bool(false), "required": .array([.string("resource")]),
            "properties": .object([
                "resource": .object(["type": .string("string"), "pattern": .string("^[A-Za-z0-9/_.:{}?*-]{1,256}$")]),
                "unless": .object(["type": .string("string")]),
            ]),
        ]),
    ])

    /// The end of the ARN for a target; nil: the target does without the operation.
    ///
    /// - Parameter fields: of the target. A slash that a field begins with is not doubled.
    public func filled(_ fields: JSONValue) -> String? {
        if let unless, fields[unless] == .bool(true) { return nil }
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
