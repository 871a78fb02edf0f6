internal import Foundation

/// A part of the JSON Schema that `keyturn config schema` prints, as far as the reference shows it.
indirect enum SchemaNode: Decodable {
    case object([String: SchemaNode])
    case list([SchemaNode])
    case text(String)
    case number(Double)
    case flag(Bool)
    case null

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let list = try? container.decode([SchemaNode].self) {
            self = .list(list)
        } else {
            self = .object(try container.decode([String: SchemaNode].self))
        }
    }

    subscript(_ name: String) -> SchemaNode? { if case .object(let members) = self { members[name] } else { nil } }

    var members: [String: SchemaNode] { if case .object(let members) = self { members } else { [:] } }
    var elements: [SchemaNode] { if case .list(let list) = self { list } else { [] } }
    var string: String? { if case .text(let text) = self { text } else { nil } }

    /// As a person writes it in the file.
    var literal: String {
        switch self {
        case .text(let text): text
        case .number(let number): number == number.rounded() ? "\(Int(number))" : "\(number)"
        case .flag(let flag): flag ? "true" : "false"
        case .null: "null"
        case .list(let list): "[" + list.map(\.literal).joined(separator: ", ") + "]"
        case .object(let members):
            "{ " + members.keys.sorted().map { "\($0): \(members[$0]?.literal ?? "")" }.joined(separator: ", ") + " }"
        }
    }
}
