internal import PlainText
internal import Secrets

/// The end of what a program writes to its standard error.
struct LastWords {
    /// Bytes that are kept.
    private static let limit = 4 << 10
    /// Bytes of the line that is shown.
    private static let lineLength = 300
    /// Characters in a row, letters and digits among them, that may be a token. No program's ordinary words have that many.
    private static let shortestToken = 16

    private var bytes: [UInt8] = []

    mutating func keep(_ new: ArraySlice<UInt8>) {
        bytes += new.suffix(Self.limit)
        guard bytes.count > Self.limit else { return }
        bytes.removeFirst(bytes.count - Self.limit)
    }

    mutating func wipe() { Secret.wipe(&bytes) }

    /// The last line that is not empty, fit to be shown: without these secrets, and without what looks like one.
    func line(without secrets: [Secret]) -> String? {
        // Over all lines first: a secret may be on two.
        let text = Redactor(secrets).redact(String(decoding: bytes, as: UTF8.self))
        for line in text.split(whereSeparator: \.isNewline).reversed() {
            let shown = PlainText.line(Self.withoutTokens(line), limit: Self.lineLength)
            if !shown.isEmpty { return shown }
        }
        return nil
    }

    /// The line with `…` in place of what looks like a token. A program whose secret keyturn has not seen yet may have written it.
    private static func withoutTokens(_ line: Substring) -> String {
        var shown = ""
        var word = ""
        func end() {
            let isToken =
                word.utf8.count >= shortestToken && word.utf8.contains { (0x30...0x39).contains($0) }
                && word.utf8.contains { $0 >= 0x41 }
            shown += isToken ? "…" : word
            word = ""
        }
        for character in line {
            let isPart = character.isASCII && (character.isLetter || character.isNumber || "_-+=".contains(character))
            if isPart {
                word.append(character)
            } else {
                end()
                shown.append(character)
            }
        }
        end()
        return shown
    }
}
