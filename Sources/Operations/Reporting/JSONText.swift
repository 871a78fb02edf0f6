internal import FoundationEssentials
package import JSON
internal import PlainText

/// JSON as keyturn prints it: indented, sorted, and its strings as clean as what a terminal is given, since programs print them.
package enum JSONText {
    /// The document with a newline at its end.
    package static func bytes(_ document: some Encodable) throws -> [UInt8] {
        let bytes = try bytes(own: document)
        // What must be cleaned is either escaped or no ASCII.
        let isClean = bytes.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x5C || $0 == 0x0A }
        if isClean { return bytes }
        let text = String(decoding: bytes, as: UTF8.self)
        return Array((clean(try JSONValue(parsing: text)).prettyText + "\n").utf8)
    }

    /// The same, of texts that were checked when they came in: blanks and line breaks stay, such as those of YAML.
    package static func bytes(own document: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(document)) + [0x0A]
    }

    /// The document with a newline at its end.
    package static func text(_ document: JSONValue) -> String { clean(document).prettyText + "\n" }

    private static func clean(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(PlainText.line(text, limit: 64 << 10))
        case .array(let elements): .array(elements.map(clean))
        case .object(let members):
            .object(
                Dictionary(members.map { (PlainText.line($0, limit: 1_024), clean($1)) }) { first, _ in first })
        case .null, .bool, .integer, .number: value
        }
    }
}
