import PusherKit

/// A private key as it is pasted into variables of CI systems and YAML: in quotes, in base64, with `\n` or blanks where the
/// line ends were, or without its first and last line.
enum PrivateKeyText {
    private static let dashes = Array("-----".utf8)

    /// The texts to try, as PEM, the given one first.
    static func candidates(_ given: SecretBytes) -> [SecretBytes] {
        let plain = unquoted(given)
        if let found = reflowed(plain) { return [given, found] }
        guard let decoded = plain.base64Decoded else { return [given] }
        if let found = reflowed(unquoted(decoded)) { return [given, decoded, found] }
        // Only the part between the first and the last line, of either kind.
        return [given] + ["RSA PRIVATE KEY", "PRIVATE KEY"].map { kind in plain.withBytes { pem(kind, body: $0) } }
    }

    /// Without blanks and quotes around it, and with the line ends that `\n` and `\r` stand for.
    private static func unquoted(_ given: SecretBytes) -> SecretBytes {
        given.withBytes { bytes in
            var text = bytes[...]
            func isAround(_ byte: UInt8?) -> Bool { byte.map { " \t\r\n\"'".utf8.contains($0) } ?? false }
            while isAround(text.first) { text = text.dropFirst() }
            while isAround(text.last) { text = text.dropLast() }
            var builder = SecretBuilder()
            var isEscaped = false
            for byte in text {
                if isEscaped {
                    let isEnd = byte == UInt8(ascii: "n") || byte == UInt8(ascii: "r")
                    builder.append(contentsOf: isEnd ? [0x0A] : [UInt8(ascii: "\\"), byte])
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else {
                    builder.append(contentsOf: CollectionOfOne(byte))
                }
            }
            return builder.bytes()
        }
    }

    /// The PEM with its lines as they should be, wherever they were broken; nil where it has no first and last line.
    private static func reflowed(_ text: SecretBytes) -> SecretBytes? {
        text.withBytes { bytes in
            let begin = Array("-----BEGIN ".utf8)
            guard let start = index(of: begin, in: bytes[...]) else { return nil }
            let afterBegin = bytes[(start + begin.count)...]
            guard let kindEnd = index(of: dashes, in: afterBegin) else { return nil }
            let kind = String(decoding: bytes[(start + begin.count)..<kindEnd], as: UTF8.self)
            let body = bytes[(kindEnd + dashes.count)...]
            guard let end = index(of: dashes, in: body) else { return nil }
            return pem(kind, body: UnsafeRawBufferPointer(rebasing: body[..<end]))
        }
    }

    private static func pem(_ kind: String, body: UnsafeRawBufferPointer) -> SecretBytes {
        var builder = SecretBuilder()
        builder.append(contentsOf: "-----BEGIN \(kind)-----\n".utf8)
        var column = 0
        for byte in body where !" \t\r\n".utf8.contains(byte) {
            builder.append(contentsOf: CollectionOfOne(byte))
            column += 1
            if column % 64 == 0 { builder.append(contentsOf: "\n".utf8) }
        }
        builder.append(contentsOf: (column % 64 == 0 ? "" : "\n").utf8)
        builder.append(contentsOf: "-----END \(kind)-----\n".utf8)
        return builder.bytes()
    }

    private static func index(of pattern: [UInt8], in bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
        guard bytes.count >= pattern.count else { return nil }
        return (bytes.startIndex...(bytes.endIndex - pattern.count)).first { start in
            bytes[start] == pattern[0] && bytes[start..<(start + pattern.count)].elementsEqual(pattern)
        }
    }
}
