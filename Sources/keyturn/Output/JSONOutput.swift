internal import Foundation

/// One JSON document on stdout.
enum JSONOutput {
    static func print(_ document: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        StandardStream.output.write(try encoder.encode(document) + [0x0A])
    }
}
