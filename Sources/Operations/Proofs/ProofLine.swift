internal import PlainText
internal import PusherHost
internal import Rotation

/// One line that a proving job printed, as far as it is one. What it says is the log's word: see ``ProofNonce``.
struct ProofLine {
    /// What the job found out about the pair that it has.
    enum Result: String {
        /// STS accepted it.
        case used
        /// Nothing on the runner could ask STS.
        case present
        /// STS did not accept it.
        case refused
        /// STS did not answer.
        case unreachable
        /// There was no secret access key to try.
        case noSecret = "no-secret"
        /// There was no key ID.
        case noKey = "no-key"
    }

    /// What it says of the key ID.
    enum Key: Hashable {
        case id(String)
        /// The CI system replaced it, or a part of it.
        case masked
        case none
    }

    /// Why a line is of no use.
    enum Flaw: Error, Hashable {
        /// It is not whole, or was changed.
        case broken
        /// The CI system replaced a part of it that does not follow from the rest.
        case masked(String)
        case wrongHash
    }

    /// The word that a line begins with, which a script's text never has together with the version.
    static let mark = "keyturn-proof"
    /// The longest text after the mark: the place's two parts may have 1 KiB each, in hexadecimal.
    static let longest = 6 << 10
    private static let names = ["server", "path", "part", "names", "key", "result", "at", "nonce", "hash"]
    private static let longestPart = 1_024

    let system: ProofSystem
    /// The base URL of the CI system, or of its API.
    let server: String
    /// The repository or project.
    let path: String
    /// The environment or branch; empty: none.
    let part: String
    /// The names of the variables.
    let keyName: String
    let secretName: String
    let key: Key
    let result: Result
    let at: Timestamp
    let nonce: String
    /// What is hashed, around the key ID.
    private let signed: (before: String, after: String)
    /// SHA-256 over the rest of the line, in hexadecimal.
    let sum: String

    /// Reads what comes after the mark, up to the end of the line; what follows the hash does not matter.
    ///
    /// - Returns: nil: it is not such a line.
    static func read(_ text: String) throws(Flaw) -> ProofLine? {
        let text = plain(text)
        guard text.hasPrefix("/1 ") else { return nil }
        // Written so by the job's script, one blank between parts: what is different was changed.
        let words = text.split(separator: " ", maxSplits: 11, omittingEmptySubsequences: false).map(String.init)
        guard words.count >= 11, let system = ProofSystem(rawValue: words[1]) else {
            throw isMasked(text) ? .masked("a part") : .broken
        }
        var values: [String] = []
        for (name, word) in zip(names, words[2...]) {
            guard word.hasPrefix("\(name)=") else { throw isMasked(word) ? .masked(name) : .broken }
            let value = String(word.dropFirst(name.utf8.count + 1))
            if name != "key", isMasked(value) { throw .masked(name) }
            values.append(value)
        }
        return try ProofLine(system, values, words)
    }

    private init(_ system: ProofSystem, _ values: [String], _ words: [String]) throws(Flaw) {
        let names = values[3].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard let server = Self.unhex(values[0]), let path = Self.unhex(values[1]), let part = Self.unhex(values[2]),
            names.count == 2, names.allSatisfy({ $0.wholeMatch(of: #/[A-Za-z_][A-Za-z0-9_]{0,254}/#) != nil }),
            let key = Self.key(values[4]), let result = Result(rawValue: values[5]),
            values[6].wholeMatch(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/#) != nil, let at = Moment.parse(values[6]),
            values[7].wholeMatch(of: #/[0-9a-f-]{1,200}/#) != nil,
            // A quotation mark may follow where the shell shows what it does.
            let digits = values[8].prefixMatch(of: #/[0-9a-f]{64}(?![0-9A-Za-z])/#), !path.isEmpty,
            (key == .none) == (result == .noKey)
        else { throw .broken }
        (self.system, self.server, self.path, self.part) = (system, server, path, part)
        (keyName, secretName, self.key, self.result) = (names[0], names[1], key, result)
        (self.at, nonce, self.sum) = (at, values[7], String(digits.0))
        signed = (
            Self.mark + words[..<6].joined(separator: " ") + " key=", " " + words[7..<10].joined(separator: " ")
        )
        switch key {
        case .id(let id): guard accepts(id) else { throw .wrongHash }
        case .none: guard sum(with: "-") == self.sum else { throw .wrongHash }
        case .masked: break
        }
    }

    /// Whether the hash is the one of a line with this key ID. It finds a masked one among those that are known, and no one can
    /// compute one back: a key ID has 80 bits.
    func accepts(_ id: String) -> Bool { sum(with: Self.grouped(id)) == sum }

    private func sum(with key: String) -> String { SHA256.hex(of: signed.before + key + signed.after) }

    /// `AKIA-IOSF-ODNN-7EXA-MPLE`
    static func grouped(_ id: String) -> String {
        let letters = Array(id)
        return stride(from: 0, to: letters.count, by: 4).map { String(letters[$0..<min($0 + 4, letters.count)]) }
            .joined(separator: "-")
    }

    // MARK: Parts

    private static func key(_ text: String) -> Key? {
        if text == "-" { return Key.none }
        if isMasked(text) { return .masked }
        let id = text.filter { $0 != "-" }
        guard id.wholeMatch(of: #/(AKIA|ASIA)[A-Z0-9]{12,124}/#) != nil, grouped(id) == text else { return nil }
        return .id(id)
    }

    /// What GitHub, GitLab and Travis CI write in place of a secret.
    private static func isMasked(_ text: String) -> Bool {
        ["***", "[MASKED]", "[secure]"].contains { text.contains($0) }
    }

    private static func unhex(_ text: String) -> String? {
        guard text != "-" else { return "" }
        let digits = Array(text.utf8)
        guard !digits.isEmpty, digits.count % 2 == 0, digits.count <= 2 * longestPart else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digit(digits[index]), let low = digit(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        guard let shown = String(validating: bytes, as: UTF8.self), PlainText.isShowable(shown) else { return nil }
        return shown
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    /// Without colours (CSI sequences) and up to the first other control character, such as the CR of a Windows line end.
    private static func plain(_ text: String) -> String {
        var plain = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            if scalar == "\u{1B}", rest.first == "[" {
                rest = rest.dropFirst().drop { !(0x40...0x7E).contains($0.value) }.dropFirst()
                continue
            }
            guard scalar.value >= 0x20 else { break }
            plain.append(scalar)
        }
        return String(plain)
    }
}
