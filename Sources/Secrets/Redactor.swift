internal import CLinux
internal import CSodium

/// Takes known secrets out of texts that come from outside: pushers' messages, vendors' answers.
///
/// A second barrier. The first is that nothing of ours puts a secret into a text.
public struct Redactor: Sendable {
    /// Shorter secrets would blacken ordinary words.
    private static let shortest = 6
    /// Every form of every secret.
    private let forms: [Secret]

    /// Looks for these secrets, as they are, in base64, and escaped for URLs and JSON.
    public init(_ secrets: [Secret]) {
        forms = secrets.filter { $0.count >= Self.shortest }.flatMap { secret in
            var distinct: [Secret] = []
            for form in Self.forms(of: secret) where form.count >= Self.shortest && !distinct.contains(form) {
                distinct.append(form)
            }
            return distinct
        }
    }

    /// The text with every known secret replaced by `[redacted]`.
    public func redact(_ text: String) -> String {
        var bytes = Array(text.utf8)
        var isFound = false
        for form in forms where form.count <= bytes.count {
            if form.withBytes({ Self.replace($0, in: &bytes) }) { isFound = true }
        }
        return isFound ? String(decoding: bytes, as: UTF8.self) : text
    }

    private static func forms(of secret: Secret) -> [Secret] {
        secret.withBytes { raw in
            var forms = [
                base64(raw), percentEncoded(raw, "0123456789ABCDEF"), percentEncoded(raw, "0123456789abcdef"),
                Array(raw).flatMap { $0 == 0x2F ? [0x5C, 0x2F] : [$0] },
            ]
            return [secret] + forms.indices.map { .taking(&forms[$0]) }
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

    /// - Returns: whether it was there.
    private static func replace(_ form: UnsafeRawBufferPointer, in bytes: inout [UInt8]) -> Bool {
        let mark = Array("[redacted]".utf8)
        var start = 0
        var isFound = false
        while let place = find(form, in: bytes, from: start) {
            bytes.replaceSubrange(place..<(place + form.count), with: mark)
            start = place + mark.count
            isFound = true
        }
        return isFound
    }

    private static func find(_ form: UnsafeRawBufferPointer, in bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBytes { all in
            guard let base = all.baseAddress, let wanted = form.baseAddress, start < all.count else { return nil }
            guard let found = kt_find(base + start, all.count - start, wanted, form.count) else { return nil }
            return found - base
        }
    }
}
