import PusherKit

/// An element of the XML that Jenkins writes credentials in: a name, and a text or elements.
struct XMLElement {
    let name: String
    let attributes: [String]
    /// What it holds where it has no elements. It may be a secret.
    let text: SecretBytes
    let children: [XMLElement]
}

/// Why a document is not read.
struct XMLMismatch: Error {
    let reason: String
}

/// Reads the XML of one credential.
///
/// That is the smallest part of XML: elements with a text or with elements. Everything else (a document type, entities of its own,
/// comments, CDATA, texts between elements) is refused: nothing is read in another way than Jenkins meant it, and nothing is lost when
/// the credential is written again. Common libraries refuse what Jenkins sends, which is XML 1.1.
struct XMLReader {
    private static let mostBytes = 65_536
    private static let mostElements = 64
    private static let mostDepth = 3
    private static let longestName = 200

    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var elements = 0

    /// Reads a document.
    static func read(_ document: SecretBytes) throws(XMLMismatch) -> XMLElement {
        let result: Result<XMLElement, XMLMismatch> = document.withBytes { bytes in
            var reader = XMLReader(bytes: bytes)
            do throws(XMLMismatch) { return .success(try reader.document()) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private mutating func document() throws(XMLMismatch) -> XMLElement {
        guard bytes.count <= Self.mostBytes else { throw XMLMismatch(reason: "more than 64 KB of XML") }
        _ = take("\u{feff}")
        if take("<?xml") { try declaration() }
        blanks()
        guard take("<") else { throw XMLMismatch(reason: "no XML element") }
        let root = try element(depth: 1)
        blanks()
        guard position == bytes.count else { throw XMLMismatch(reason: "XML with something behind its element") }
        return root
    }

    /// The declaration matters for the encoding alone.
    private mutating func declaration() throws(XMLMismatch) {
        let start = position
        while position - start < 200, position < bytes.count {
            guard take("?>") else {
                position += 1
                continue
            }
            let text = String(decoding: bytes[start..<position], as: UTF8.self).lowercased()
            guard !text.has("encoding") || text.has("utf-8") else {
                throw XMLMismatch(reason: "XML in another encoding than UTF-8")
            }
            return
        }
        throw XMLMismatch(reason: "an XML declaration that does not end")
    }

    /// An element, from behind its `<`.
    private mutating func element(depth: Int) throws(XMLMismatch) -> XMLElement {
        elements += 1
        guard elements <= Self.mostElements, depth <= Self.mostDepth else {
            throw XMLMismatch(reason: "XML with more elements than a credential has")
        }
        let name = try name()
        var attributes: [String] = []
        while true {
            let hasBlank = blanks()
            if take("/>") {
                return XMLElement(name: name, attributes: attributes, text: SecretBytes(""), children: [])
            }
            if take(">") { break }
            guard hasBlank, attributes.count < Self.mostElements else {
                throw XMLMismatch(reason: "XML that is malformed")
            }
            attributes.append(try attribute())
        }
        return try content(of: name, attributes, depth: depth)
    }

    private mutating func content(
        of name: String, _ attributes: [String], depth: Int
    ) throws(XMLMismatch) -> XMLElement {
        var text = SecretBuilder()
        var isBlank = true
        var children: [XMLElement] = []
        while position < bytes.count {
            if take("</") {
                guard take(name) else { throw XMLMismatch(reason: "XML whose elements do not match") }
                blanks()
                guard take(">") else { throw XMLMismatch(reason: "XML whose elements do not match") }
                guard children.isEmpty || isBlank else { throw XMLMismatch(reason: "XML with text between elements") }
                let held = children.isEmpty ? text.bytes() : SecretBytes("")
                return XMLElement(name: name, attributes: attributes, text: held, children: children)
            }
            if take("<") {
                children.append(try element(depth: depth + 1))
            } else {
                let piece = try character()
                isBlank = isBlank && piece.allSatisfy { $0 == 0x20 || $0 == 0x0a || $0 == 0x09 }
                text.append(contentsOf: piece)
            }
        }
        throw XMLMismatch(reason: "XML that ends in the middle")
    }

    /// The name of an attribute, whose value is passed over.
    private mutating func attribute() throws(XMLMismatch) -> String {
        let name = try name()
        blanks()
        guard take("=") else { throw XMLMismatch(reason: "XML that is malformed") }
        blanks()
        guard let quote = bytes.dropFirst(position).first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'")
        else {
            throw XMLMismatch(reason: "XML that is malformed")
        }
        position += 1
        guard let end = bytes[position...].firstIndex(of: quote), !bytes[position..<end].contains(UInt8(ascii: "<"))
        else {
            throw XMLMismatch(reason: "XML that is malformed")
        }
        position = end + 1
        return name
    }

    private mutating func name() throws(XMLMismatch) -> String {
        let found = bytes[position...].prefix { Self.isOfName($0) }
        guard let first = found.first, !"-.0123456789".utf8.contains(first), found.count <= Self.longestName else {
            throw XMLMismatch(reason: "XML of a kind that credentials do not have (a comment, CDATA, a document type)")
        }
        position = found.endIndex
        return String(decoding: found, as: UTF8.self)
    }

    /// The bytes of one character of a text.
    private mutating func character() throws(XMLMismatch) -> [UInt8] {
        let byte = bytes[position]
        if byte == UInt8(ascii: "&") { return try reference() }
        position += 1
        switch byte {
        case 0x0d:
            // Each of the line ends is one to XML.
            _ = take("\n")
            return [0x0a]
        case 0x09, 0x0a, 0x20...0x7e, 0x80...0xff: return [byte]
        default: throw XMLMismatch(reason: "XML with control characters")
        }
    }

    /// A reference to a character, from its `&` on.
    private mutating func reference() throws(XMLMismatch) -> [UInt8] {
        guard let end = bytes[position...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else {
            throw XMLMismatch(reason: "XML with an & that is not escaped")
        }
        let name = String(decoding: bytes[(position + 1)..<end], as: UTF8.self)
        position = end + 1
        let named: [(String, UInt8)] = [
            ("amp", UInt8(ascii: "&")), ("lt", UInt8(ascii: "<")), ("gt", UInt8(ascii: ">")),
            ("quot", UInt8(ascii: "\"")), ("apos", UInt8(ascii: "'")),
        ]
        if let known = named.first(where: { $0.0 == name }) { return [known.1] }
        let digits = name.hasPrefix("#x") ? name.dropFirst(2) : name.dropFirst()
        let isNumber = name.hasPrefix("#") && digits.allSatisfy { $0.isHexDigit }
        let number = isNumber ? UInt32(digits, radix: name.hasPrefix("#x") ? 16 : 10) : nil
        // Other control characters would not come back as they were.
        guard let number, number == 9 || number == 10 || number == 13 || number >= 0x20,
            !(0x7f...0x9f).contains(number),
            let scalar = Unicode.Scalar(number)
        else { throw XMLMismatch(reason: "XML with an entity that credentials do not have") }
        return Array(String(Character(scalar)).utf8)
    }

    @discardableResult private mutating func blanks() -> Bool {
        let start = position
        while position < bytes.count, " \n\r\t".utf8.contains(bytes[position]) { position += 1 }
        return position > start
    }

    /// Whether that text comes next; then it is passed.
    private mutating func take(_ text: String) -> Bool {
        guard bytes[position...].starts(with: text.utf8) else { return false }
        position += text.utf8.count
        return true
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}

extension SecretBuilder {
    /// Appends an element with a text. A carriage return that is written as it is would be read as a line feed.
    mutating func append(element name: String, _ text: SecretBytes) {
        append(contentsOf: "<\(name)>".utf8)
        text.withBytes { bytes in
            for byte in bytes {
                switch byte {
                case UInt8(ascii: "&"): append(contentsOf: "&amp;".utf8)
                case UInt8(ascii: "<"): append(contentsOf: "&lt;".utf8)
                case UInt8(ascii: ">"): append(contentsOf: "&gt;".utf8)
                case 0x0d: append(contentsOf: "&#13;".utf8)
                default: append(contentsOf: CollectionOfOne(byte))
                }
            }
        }
        append(contentsOf: "</\(name)>".utf8)
    }
}
