/// Whether a text is a UUID as RFC 9562 writes it, in either case and without braces: what many services give as an ID.
public func isUUID(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count == 36 else { return false }
    return bytes.indices.allSatisfy { index in
        let byte = bytes[index]
        if index == 8 || index == 13 || index == 18 || index == 23 { return byte == UInt8(ascii: "-") }
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            return true
        default: return false
        }
    }
}
