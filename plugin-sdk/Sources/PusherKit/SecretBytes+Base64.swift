extension SecretBytes {
    /// The bytes in base64 (RFC 4648, section 4), on one line: for services that keep a value of one line only.
    public var base64: SecretBytes { base64(shifted: 0) }

    /// What base64 that was read back holds, or nil where it is none. Line ends and blanks in it are passed over.
    public var base64Decoded: SecretBytes? {
        withBytes { bytes in
            var builder = SecretBuilder()
            var (bits, count, isOver) = (UInt32(0), 0, false)
            for byte in bytes where !" \t\r\n".utf8.contains(byte) {
                if byte == UInt8(ascii: "=") {
                    isOver = true
                    continue
                }
                guard !isOver, let value = Self.digits.firstIndex(of: byte) else { return nil }
                bits = bits << 6 | UInt32(value)
                count += 6
                guard count >= 8 else { continue }
                count -= 8
                builder.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
            // Less than a whole digit is left over, and it is nothing.
            return count < 6 ? builder.bytes() : nil
        }
    }

    /// How the bytes appear in base64 of something longer that holds them, at each of the three places where they can
    /// begin: the digits that they alone decide.
    var base64Parts: [SecretBytes] {
        (0..<3).map { shift in
            base64(shifted: shift).withBytes { digits in
                let start = (shift * 8 + 5) / 6
                let end = (shift + count) * 8 / 6
                return SecretBytes(copying: UnsafeRawBufferPointer(rebasing: digits[min(start, end)..<end]))
            }
        }
    }

    /// - Parameter shift: how many zero bytes stand before them.
    private func base64(shifted shift: Int) -> SecretBytes {
        withBytes { bytes in
            var builder = SecretBuilder()
            func byte(_ index: Int) -> UInt32 {
                index < shift || index - shift >= bytes.count ? 0 : UInt32(bytes[index - shift])
            }
            let length = shift + bytes.count
            for start in stride(from: 0, to: length, by: 3) {
                let bits = byte(start) << 16 | byte(start + 1) << 8 | byte(start + 2)
                for place in 0..<4 {
                    let isPadding = start + place > length
                    builder.append(
                        isPadding ? UInt8(ascii: "=") : Self.digits[Int(bits >> UInt32(18 - 6 * place) & 63)])
                }
            }
            return builder.bytes()
        }
    }

    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
}
