/// What a claim of a token must be: a text, in which some parts may be unknown before the token is made.
///
/// A part that is unknown is matched as narrowly as its form allows: a UUID by 36 single characters. A `*` there would match text that
/// someone else chooses, such as a branch whose name holds the rest of the pattern.
struct ClaimValue: ExpressibleByStringInterpolation, Sendable {
    /// A part that only the token says.
    enum Unknown: Sendable {
        /// A UUID in its usual form.
        case uuid
        /// This many characters.
        case characters(Int)
        /// Whatever comes last. Only for the end of a value, behind parts that no one can make longer.
        case rest
    }

    fileprivate enum Part: Sendable {
        case text(String)
        case unknown(Unknown)
    }

    private let parts: [Part]

    init(stringLiteral value: String) { parts = [.text(value)] }

    init(stringInterpolation: StringInterpolation) { parts = stringInterpolation.parts }

    /// Known as a whole.
    init(_ text: String) { parts = [.text(text)] }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var parts: [Part] = []

        init(literalCapacity: Int, interpolationCount: Int) {}

        mutating func appendLiteral(_ literal: String) { parts.append(.text(literal)) }

        mutating func appendInterpolation(_ text: String) { parts.append(.text(text)) }

        mutating func appendInterpolation(unknown: Unknown) { parts.append(.unknown(unknown)) }
    }

    /// Whether it is a text, which `StringEquals` compares; else it is a pattern for `StringLike`.
    var isExact: Bool {
        parts.allSatisfy { if case .text = $0 { true } else { false } }
    }

    /// As IAM reads it in a condition. What IAM would take for a variable, or in a pattern for a wildcard, is written as the variable
    /// that represents the character (IAM User Guide, "Policy variables", special characters).
    var text: String {
        parts.map { part in
            switch part {
            case .text(let text): Self.escaped(text, inPattern: !isExact)
            case .unknown(.uuid): "????????-????-????-????-????????????"
            case .unknown(.characters(let count)): String(repeating: "?", count: count)
            case .unknown(.rest): "*"
            }
        }.joined()
    }

    private static func escaped(_ text: String, inPattern: Bool) -> String {
        text.map { character in
            switch character {
            case "$": "${$}"
            case "*" where inPattern: "${*}"
            case "?" where inPattern: "${?}"
            default: String(character)
            }
        }.joined()
    }
}
