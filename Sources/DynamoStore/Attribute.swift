internal import FoundationEssentials
internal import JSON

/// Values as DynamoDB writes them.
enum Attribute {
    static func text(_ text: String) -> JSONValue { .object(["S": .string(text)]) }

    static func number(_ number: Int64) -> JSONValue { .object(["N": .string("\(number)")]) }

    static func bytes(_ bytes: [UInt8]) -> JSONValue { .object(["B": .string(Data(bytes).base64EncodedString())]) }
}

/// An item, or what was asked for of it.
struct Item {
    let attributes: [String: JSONValue]

    /// - Parameter json: nil: there is none.
    init?(_ json: JSONValue?) {
        guard let attributes = json?.object, !attributes.isEmpty else { return nil }
        self.attributes = attributes
    }

    func text(_ name: String) -> String? { attributes[name]?["S"]?.string }

    func number(_ name: String) -> Int64? { attributes[name]?["N"]?.string.flatMap { Int64($0) } }

    func bytes(_ name: String) -> [UInt8]? {
        attributes[name]?["B"]?.string.flatMap { Data(base64Encoded: $0) }.map(Array.init)
    }
}
