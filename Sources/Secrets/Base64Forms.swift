internal import CSodium

/// How bytes look inside longer ones that are in base64: three ways, by where they begin.
public enum Base64Forms {
    /// The characters that depend on these bytes alone, for each of the three places. Shorter than four bytes: none.
    public static func all(of bytes: [UInt8]) -> [[UInt8]] {
        (0..<3).compactMap { lead in
            var padded = [UInt8](repeating: 0, count: lead) + bytes
            defer { Secret.wipe(&padded) }
            let variant = sodium_base64_VARIANT_ORIGINAL_NO_PADDING
            var text = [CChar](repeating: 0, count: sodium_base64_encoded_len(padded.count, variant))
            sodium_bin2base64(&text, text.count, padded, padded.count, variant)
            // Six bits a character: the first ones hold bits of what comes before, the last one bits of what follows.
            let first = (lead * 8 + 5) / 6
            let last = padded.count * 8 / 6
            guard first < last else { return nil }
            return text[first..<last].map { UInt8(bitPattern: $0) }
        }
    }
}
