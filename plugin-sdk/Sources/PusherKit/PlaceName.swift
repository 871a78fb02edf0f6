/// A repository or project as the operator wrote it: a path, or a number, which YAML does not quote.
public struct PlaceName: Sendable, Hashable, JSONReadable, CustomStringConvertible {
    /// The path, or the number's digits.
    public let text: String

    /// Reads a JSON string or whole number.
    public init(json: JSONValue) throws(JSONMismatch) {
        text = json.kind == .text ? try String(json: json) : String(try Int64(json: json))
    }

    /// A path.
    public init(_ path: String) { text = path }

    /// The path or number.
    public var description: String { text }
}
