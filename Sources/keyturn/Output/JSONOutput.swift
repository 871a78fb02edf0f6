internal import Foundation

/// One JSON document.
enum JSONOutput {
    static func print(_ document: some Encodable) throws { StandardStream.output.write(try bytes(document)) }

    /// The document as it is printed.
    static func bytes(_ document: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(document)) + [0x0A]
    }
}
