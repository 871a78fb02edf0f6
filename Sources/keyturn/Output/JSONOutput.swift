internal import JSON
internal import Operations

/// Prints the one JSON document of a command.
enum JSONOutput {
    static func print(_ document: some Encodable) throws {
        StandardStream.output.write(String(decoding: try JSONText.bytes(document), as: UTF8.self))
    }

    static func print(_ document: JSONValue) { StandardStream.output.write(JSONText.text(document)) }
}
