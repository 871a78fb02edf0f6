import CJansson

extension JSONValue {
    /// The text of this object with these members set to texts, and all others as they are.
    ///
    /// For values that other people have a part in. It is written by Jansson, whose memory is wiped when it is let go.
    ///
    /// - Returns: nil where this is not an object, or a text is not UTF-8.
    public func setting(_ members: [(name: String, value: SecretBytes)]) -> SecretBytes? {
        guard kind == .object, let copy = withExtendedLifetime(document, { json_copy(node) }) else { return nil }
        defer { json_decref(copy) }
        for (name, value) in members {
            let text = value.withBytes { bytes in
                bytes.baseAddress.map { json_stringn($0.assumingMemoryBound(to: CChar.self), bytes.count) }
                    ?? json_string("")
            }
            guard let text, name.withCString({ json_object_set_new(copy, $0, text) }) == 0 else { return nil }
        }
        guard let written = kt_json_text(copy) else { return nil }
        defer { kt_json_free(written) }
        return SecretBytes(copying: UnsafeRawBufferPointer(start: written, count: strlen(written)))
    }
}
