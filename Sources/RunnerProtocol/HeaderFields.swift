internal import CKeyturnPusher

/// The header fields of a request, as they travel in a secret: names and values with their lengths, so that none can be taken
/// for two. What they may hold is judged by the host.
public enum HeaderFields {
    /// One field, as ranges of the secret's bytes.
    public struct Field: Hashable, Sendable {
        /// Where the name is.
        public var name: Range<Int>
        /// Where the value is.
        public var value: Range<Int>
    }

    /// The most fields of a request.
    public static let countLimit = Int(KT_MAX_HEADERS)
    /// The most bytes of all fields, as they travel: with four bytes before each name and each value.
    public static let byteLimit = Int(KT_MAX_HEADER_BYTES)

    /// Appends a name or a value.
    public static func append(_ text: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        let length = UInt32(clamping: text.count)
        for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: length >> shift)) }
        bytes.append(contentsOf: text)
    }

    /// The fields in a secret's bytes.
    public static func read(_ bytes: [UInt8]) throws(ProtocolError) -> [Field] {
        var fields: [Field] = []
        var position = 0
        func text() throws(ProtocolError) -> Range<Int> {
            guard bytes.count - position >= 4 else { throw ProtocolError("header fields that are cut short") }
            let length = (0..<4).reduce(0) { $0 | Int(bytes[position + $1]) << (8 * $1) }
            position += 4
            guard length <= bytes.count - position else {
                throw ProtocolError("a header field that is longer than its message")
            }
            defer { position += length }
            return position..<(position + length)
        }
        while position < bytes.count {
            guard fields.count <= countLimit else { throw ProtocolError("more than \(countLimit) header fields") }
            fields.append(Field(name: try text(), value: try text()))
        }
        return fields
    }
}
