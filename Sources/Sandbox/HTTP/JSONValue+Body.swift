import FoundationEssentials
import JSON

/// Bodies as the stand-ins read and write them.
extension JSONValue {
    var int: Int? { integer.flatMap(Int.init(exactly:)) }

    static func int(_ value: Int) -> JSONValue { .integer(Int64(value)) }

    /// The string, or null where there is none.
    static func optional(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
    static func optional(_ value: Bool?) -> JSONValue { value.map(JSONValue.bool) ?? .null }

    /// A scalar as a form would have sent it; nil for null, arrays and objects.
    var formText: String? {
        switch self {
        case .string(let value): value
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .number(let value): String(value)
        case .null, .array, .object: nil
        }
    }

    var encoded: Data { Data(text.utf8) }
}
