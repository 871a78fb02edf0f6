import CJansson

/// A parsed JSON text. Its memory is wiped when the last value of it is let go.
final class JSONDocument {
    private let root: UnsafeMutablePointer<json_t>

    private init(owning root: UnsafeMutablePointer<json_t>) { self.root = root }

    deinit { json_decref(root) }

    /// Jansson wants to be set up once, before the first of several threads uses it.
    private static let isReady: Bool = {
        kt_json_set_up()
        return true
    }()

    /// Parses an object or a list by RFC 8259: one value, in UTF-8, with nothing behind it. A name twice in an object is
    /// refused, for readers differ in which of the two they believe, as are numbers that 64 bits do not hold.
    /// Jansson nests 2,048 levels deep at most.
    ///
    /// - Throws: the place of the mistake, and nothing of the text, which may hold a secret.
    static func parse(_ text: UnsafeRawBufferPointer) throws(JSONMismatch) -> JSONValue {
        var error = json_error_t()
        let flags = Int(JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL)
        guard isReady, let start = text.baseAddress,
            let root = json_loadb(start.assumingMemoryBound(to: CChar.self), text.count, flags, &error)
        else {
            throw JSONMismatch("not a JSON object: line \(max(error.line, 1)), column \(max(error.column, 0))")
        }
        return JSONValue(document: JSONDocument(owning: root), node: root, place: .root)
    }
}

extension SecretBytes {
    /// The bytes as JSON.
    ///
    /// - Throws: where they are not an object or a list in JSON (RFC 8259), with line and column.
    public func json() throws(JSONMismatch) -> JSONValue {
        let result: Result<JSONValue, JSONMismatch> = withBytes { bytes in
            do throws(JSONMismatch) { return .success(try JSONDocument.parse(bytes)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}

extension JSONValue {
    /// The value as JSON again.
    var text: SecretBytes {
        withExtendedLifetime(document) {
            let flags = Int(JSON_COMPACT | JSON_ENCODE_ANY)
            let memory = UnsafeMutableRawBufferPointer.allocate(
                byteCount: json_dumpb(node, nil, 0, flags), alignment: 1)
            _ = json_dumpb(node, memory.baseAddress?.assumingMemoryBound(to: CChar.self), memory.count, flags)
            return SecretBytes(owning: memory)
        }
    }
}
