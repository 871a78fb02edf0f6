internal import CSodium
internal import Secrets

/// Takes one text out of a JSON document that holds a secret.
///
/// The JSON decoder would leave every text of the document in strings that no one wipes. This walks over the bytes where they are, and
/// copies the wanted text alone, once, into bytes that are wiped. The whole document must be JSON: one that was cut is not taken.
enum SecretText {
    /// Why there is none.
    enum Failure: Error {
        /// It is not JSON, or nested too deeply.
        case malformed
        /// It has no such member, or the member is not a text.
        case missing
    }

    /// - Parameter path: the names of members that lead to the text.
    static func take(_ path: [String], from document: Secret) throws(Failure) -> Secret {
        try document.withBytes { bytes throws(Failure) in
            var walk = JSONWalk(bytes)
            defer { walk.wipe() }
            guard walk.document(seeking: path) else { throw .malformed }
            guard let secret = walk.takeText() else { throw .missing }
            return secret
        }
    }

    /// Whether a document is JSON, of which nothing is taken.
    static func isJSON(_ document: Secret) -> Bool {
        document.withBytes { bytes in
            var walk = JSONWalk(bytes)
            return walk.document(seeking: nil)
        }
    }

    /// What a text in base64 means; nil: it is none.
    static func decodeBase64(_ text: Secret) -> Secret? {
        var bytes = [UInt8](repeating: 0, count: text.count)
        defer { Secret.wipe(&bytes) }
        var count = 0
        let status = text.withBytes { source in
            sodium_base642bin(
                &bytes, bytes.count, source.bindMemory(to: CChar.self).baseAddress, source.count, nil, &count, nil,
                sodium_base64_VARIANT_ORIGINAL)
        }
        guard status == 0 else { return nil }
        return bytes.withUnsafeBytes { Secret(copying: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
}

/// Goes over a JSON document (RFC 8259), byte by byte, and keeps one text of it.
private struct JSONWalk {
    /// Deeper documents are not AWS's.
    private static let deepest = 32

    private let bytes: UnsafeRawBufferPointer
    private var index = 0
    /// The text that was sought, as its bytes.
    private var found: [UInt8] = []
    private var isFound = false

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func wipe() { Secret.wipe(&found) }

    mutating func takeText() -> Secret? {
        guard isFound else { return nil }
        return Secret.taking(&found)
    }

    /// - Returns: whether it is JSON.
    mutating func document(seeking path: [String]?) -> Bool {
        guard value(path.map { $0[...] }, depth: 0) else { return false }
        skipBlanks()
        return index == bytes.count
    }

    /// - Parameter path: what leads on from here to the text; nil: it is elsewhere.
    private mutating func value(_ path: ArraySlice<String>?, depth: Int) -> Bool {
        skipBlanks()
        guard depth < Self.deepest, index < bytes.count else { return false }
        switch bytes[index] {
        case UInt8(ascii: "{"): return object(path, depth)
        case UInt8(ascii: "["): return array(depth)
        case UInt8(ascii: "\""):
            // Of two members of the same name the first one counts.
            let isSought = path?.isEmpty == true && !isFound
            guard isSought else { return text(nil) }
            // Room for the whole of what is left: bytes that grow leave a copy behind.
            found.reserveCapacity(bytes.count - index)
            isFound = text { $0.found.append($1) }
            return isFound
        case UInt8(ascii: "t"): return word("true")
        case UInt8(ascii: "f"): return word("false")
        case UInt8(ascii: "n"): return word("null")
        default: return number()
        }
    }

    private mutating func object(_ path: ArraySlice<String>?, _ depth: Int) -> Bool {
        index += 1
        skipBlanks()
        if accept(UInt8(ascii: "}")) { return true }
        repeat {
            skipBlanks()
            var name: [UInt8] = []
            defer { Secret.wipe(&name) }
            name.reserveCapacity(64)
            guard text({ name.append($1) }) else { return false }
            skipBlanks()
            guard accept(UInt8(ascii: ":")) else { return false }
            let leadsOn = path?.first.map { name.elementsEqual($0.utf8) } ?? false
            guard value(leadsOn ? path?.dropFirst() : nil, depth: depth + 1) else { return false }
            skipBlanks()
        } while accept(UInt8(ascii: ","))
        return accept(UInt8(ascii: "}"))
    }

    private mutating func array(_ depth: Int) -> Bool {
        index += 1
        skipBlanks()
        if accept(UInt8(ascii: "]")) { return true }
        repeat {
            guard value(nil, depth: depth + 1) else { return false }
            skipBlanks()
        } while accept(UInt8(ascii: ","))
        return accept(UInt8(ascii: "]"))
    }

    /// - Parameter take: gets each byte of what the text says; nil: it is passed over.
    private mutating func text(_ take: ((inout JSONWalk, UInt8) -> Void)?) -> Bool {
        guard accept(UInt8(ascii: "\"")) else { return false }
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"): guard escape(take) else { return false }
            case 0..<0x20: return false
            default: take?(&self, byte)
            }
        }
        return false
    }

    private mutating func escape(_ take: ((inout JSONWalk, UInt8) -> Void)?) -> Bool {
        guard index < bytes.count else { return false }
        let byte = bytes[index]
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): take?(&self, byte)
        case UInt8(ascii: "b"): take?(&self, 0x08)
        case UInt8(ascii: "f"): take?(&self, 0x0C)
        case UInt8(ascii: "n"): take?(&self, 0x0A)
        case UInt8(ascii: "r"): take?(&self, 0x0D)
        case UInt8(ascii: "t"): take?(&self, 0x09)
        case UInt8(ascii: "u"): return character(take)
        default: return false
        }
        return true
    }

    /// `XXXX` of an escape, and the second half of a pair.
    private mutating func character(_ take: ((inout JSONWalk, UInt8) -> Void)?) -> Bool {
        guard var code = fourDigits() else { return false }
        if (0xD800..<0xDC00).contains(code) {
            guard accept(UInt8(ascii: "\\")), accept(UInt8(ascii: "u")), let low = fourDigits(),
                (0xDC00..<0xE000).contains(low)
            else { return false }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { return false }
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { take?(&self, byte) }
        return true
    }

    private mutating func fourDigits() -> UInt32? {
        guard index + 4 <= bytes.count else { return nil }
        var code: UInt32 = 0
        for _ in 0..<4 {
            let digit: UInt8? =
                switch bytes[index] {
                case 0x30...0x39: bytes[index] - 0x30
                case 0x41...0x46: bytes[index] - 0x41 + 10
                case 0x61...0x66: bytes[index] - 0x61 + 10
                default: nil
                }
            guard let digit else { return nil }
            code = code << 4 | UInt32(digit)
            index += 1
        }
        return code
    }

    private mutating func word(_ word: StaticString) -> Bool {
        for position in 0..<word.utf8CodeUnitCount {
            guard accept(word.utf8Start[position]) else { return false }
        }
        return true
    }

    /// Any run of what numbers consist of: no number is wanted.
    private mutating func number() -> Bool {
        let start = index
        while index < bytes.count {
            switch bytes[index] {
            case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"),
                UInt8(ascii: "E"):
                index += 1
            default: return index > start
            }
        }
        return index > start
    }

    private mutating func accept(_ byte: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    private mutating func skipBlanks() {
        while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
    }
}
