internal import FoundationEssentials

/// Looks for secrets in texts, also where they are disguised.
struct SecretSearch {
    private let forms: [(secret: String, form: String, text: String)]
    /// Pieces of secrets as ``reduced(_:)`` has them, forwards and backwards.
    private let pieces: [(secret: String, text: String)]
    private static let shortest = 6
    /// Letters and digits of a piece; with fewer different ones than that it could be anything.
    private static let pieceLength = 16
    private static let pieceVariety = 6

    /// - Parameter secrets: by what they are, for the sentence.
    init(_ secrets: [(name: String, value: String)]) {
        var forms: [(String, String, String)] = []
        for (name, value) in secrets where value.utf8.count >= Self.shortest {
            forms.append((name, "as it is", value))
            forms.append((name, "percent-encoded", Self.percentEncoded(value)))
            forms.append((name, "percent-encoded", Self.percentEncoded(value).lowercasedEscapes))
            forms.append((name, "in JSON", value.replacing("/", with: "\\/")))
            forms.append((name, "in hexadecimal", value.utf8.map { Self.hexadecimal($0) }.joined()))
            for lead in 0..<3 {
                // Amid something longer, whose length decides how it is cut into sixes of bits; the ends depend on it.
                let encoded = Data(Array(repeating: UInt8(ascii: "x"), count: lead) + Array(value.utf8))
                    .base64EncodedString()
                let middle = encoded.dropFirst([0, 2, 3][lead]).filter { $0 != "=" }.dropLast(2)
                if middle.count >= Self.shortest {
                    forms.append((name, "in base64", String(middle)))
                    let forURLs = middle.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }
                    forms.append((name, "in base64", String(forURLs)))
                }
            }
        }
        self.forms = forms
        pieces = secrets.flatMap { name, value in
            let letters = Array(Self.reduced(value))
            return [letters, letters.reversed()].flatMap { letters in
                (0..<max(0, letters.count - Self.pieceLength + 1)).map { letters[$0..<($0 + Self.pieceLength)] }
                    .filter { Set($0).count >= Self.pieceVariety }.map { (name, String($0)) }
            }
        }
    }

    /// The first secret in a text: "the token, in base64"; nil: none is there.
    func find(in text: String) -> String? {
        guard !text.isEmpty else { return nil }
        if let found = forms.first(where: { text.contains($0.text) }) { return "\(found.secret), \(found.form)" }
        let letters = Self.reduced(text)
        return pieces.first { letters.contains($0.text) }.map { "\($0.secret), in part or rewritten" }
    }

    /// Letters and digits of ASCII alone, in lower case: whatever is put between them, over however many lines.
    private static func reduced(_ text: String) -> String {
        String(
            decoding: text.utf8.filter(Self.isAlphanumeric).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 },
            as: UTF8.self)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }

    private static func percentEncoded(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: String(UnicodeScalar(byte))
            default: "-._~".utf8.contains(byte) ? String(UnicodeScalar(byte)) : "%" + hexadecimal(byte).uppercased()
            }
        }.joined()
    }

    private static func hexadecimal(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }
}

extension String {
    fileprivate var lowercasedEscapes: String {
        replacing("%2F", with: "%2f").replacing("%2B", with: "%2b").replacing("%3D", with: "%3d")
    }
}
