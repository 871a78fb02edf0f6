/// A repository or project as the operator wrote it: a path, or a number, which YAML does not quote.
public struct PlaceName: Sendable, Decodable, CustomStringConvertible {
    /// The path, or the number's digits.
    public let text: String

    /// Decodes a JSON string or whole number.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int64.self) {
            text = String(number)
        } else {
            text = try container.decode(String.self)
        }
    }

    /// The path or number.
    public var description: String { text }
}
