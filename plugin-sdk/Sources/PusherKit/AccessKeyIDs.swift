extension SecretBytes {
    /// The access key IDs of AWS in a value: `AKIA` or `ASIA` and 16 letters and digits, standing alone. At most eight.
    public var accessKeyIDs: [String] {
        withBytes { bytes in
            var found: [String] = []
            var start = 0
            while start + 20 <= bytes.count, found.count < 8 {
                let end = start + 20
                let isOne =
                    (start == 0 || !isOfID(bytes[start - 1])) && (end == bytes.count || !isOfID(bytes[end]))
                    && bytes[start..<end].allSatisfy(isOfID)
                    && (bytes[start..<end].starts(with: "AKIA".utf8) || bytes[start..<end].starts(with: "ASIA".utf8))
                if isOne { found.append(String(decoding: bytes[start..<end], as: UTF8.self)) }
                start = isOne ? end : start + 1
            }
            return found
        }
    }
}

private func isOfID(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}
