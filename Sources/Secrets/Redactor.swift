internal import CSodium

/// Takes known secrets out of texts that come from outside: pushers' messages, vendors' answers.
///
/// A second barrier. The first is that nothing of ours puts a secret into a text.
public struct Redactor: Sendable {
    /// Shorter secrets would blacken ordinary words.
    private static let shortest = 6
    private let secrets: [Secret]

    /// Looks for these secrets, as they are, in base64, and escaped for URLs and JSON.
    public init(_ secrets: [Secret]) { self.secrets = secrets.filter { $0.count >= Self.shortest } }

    /// The text with every known secret replaced by `[redacted]`.
    public func redact(_ text: String) -> String {
        var bytes = Array(text.utf8)
        // No form of a secret is shorter than the secret.
        for secret in secrets where secret.count <= bytes.count {
            for form in Self.forms(of: secret) { Self.replace(form, in: &bytes) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func forms(of secret: Secret) -> [[UInt8]] {
        secret.withBytes { raw in
            [
                Array(raw), base64(raw),
                percentEncoded(raw, "0123456789ABCDEF"), percentEncoded(raw, "0123456789abcdef"),
                Array(raw).flatMap { $0 == 0x2F ? [0x5C, 0x2F] : [$0] },
            ]
        }
    }

    private static func base64(_ raw: UnsafeRawBufferPointer) -> [UInt8] {
        let variant = sodium_base64_VARIANT_ORIGINAL_NO_PADDING
        var text = [CChar](repeating: 0, count: sodium_base64_encoded_len(raw.count, variant))
        sodium_bin2base64(&text, text.count, raw.bindMemory(to: UInt8.self).baseAddress, raw.count, variant)
        // The last character depends on what follows the secret.
        return text.dropLast(2).map { UInt8(bitPattern: $0) }
    }

    private static func percentEncoded(_ raw: UnsafeRawBufferPointer, _ digits: String) -> [UInt8] {
        let digits = Array(digits.utf8)
        return raw.flatMap { byte -> [UInt8] in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: [byte]
            default: [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
    }

    private static func replace(_ form: [UInt8], in bytes: inout [UInt8]) {
        guard form.count >= shortest else { return }
        let mark = Array("[redacted]".utf8)
        var start = 0
        while start + form.count <= bytes.count {
            if bytes[start..<(start + form.count)].elementsEqual(form) {
                bytes.replaceSubrange(start..<(start + form.count), with: mark)
                start += mark.count
            } else {
                start += 1
            }
        }
    }
}
