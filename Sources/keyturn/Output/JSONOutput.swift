internal import JSON
internal import Operations

/// Prints the one JSON document of a command.
enum JSONOutput {
    static func print(_ document: some Encodable) throws {
        StandardStream.output.write(String(decoding: try JSONText.bytes(document), as: UTF8.self))
    }

    /// For a document whose texts were checked when they came in, and in which blanks and line breaks have a meaning.
    static func print(own document: some Encodable) throws {
        StandardStream.output.write(String(decoding: try JSONText.bytes(own: document), as: UTF8.self))
    }

    static func print(_ document: JSONValue) { StandardStream.output.write(JSONText.text(document)) }
}
