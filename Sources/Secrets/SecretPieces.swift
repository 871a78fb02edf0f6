/// The pieces of secrets by which a text is judged: eight bytes in a row, or a whole secret of six or seven.
///
/// Only hashes are kept, under a key that each process draws: what is looked for is not a copy of the secret.
struct SecretPieces: Sendable {
    /// Shorter secrets would blacken ordinary words.
    static let shortest = 6
    /// Bytes of a piece of a longer secret.
    private static let length = 8

    /// By their length.
    private var hashes: [Int: Set<Int>] = [:]
    /// A bit for each piece, by a hash that is quick and not exact: most of a text needs no more than a look at this.
    private var sieve = [UInt64](repeating: 0, count: 1 << (Self.sieveBits - 6))
    private static let sieveBits = 16
    /// What the quick hash multiplies with; each process draws its own.
    private static let multiplier = UInt64.random(in: .min ... .max) | 1

    init(_ secrets: [Secret]) {
        for secret in secrets where secret.count >= Self.shortest {
            let length = min(secret.count, Self.length)
            secret.withBytes { bytes in
                for start in 0...(bytes.count - length) {
                    let piece = bytes[start..<(start + length)]
                    guard !Self.isOrdinary(piece) else { continue }
                    hashes[length, default: []].insert(Self.hash(piece))
                    let place = Self.place(UnsafeRawBufferPointer(rebasing: piece), at: 0, length)
                    sieve[place >> 6] |= 1 << UInt64(place & 63)
                }
            }
        }
    }

    var isEmpty: Bool { hashes.isEmpty }

    /// Where pieces are. Ranges may overlap.
    func ranges(in bytes: [UInt8]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        bytes.withUnsafeBytes { bytes in
            for (length, hashes) in hashes where bytes.count >= length {
                for start in 0...(bytes.count - length) {
                    let place = Self.place(bytes, at: start, length)
                    guard sieve[place >> 6] >> UInt64(place & 63) & 1 == 1,
                        hashes.contains(Self.hash(bytes[start..<(start + length)]))
                    else { continue }
                    found.append(start..<(start + length))
                }
            }
        }
        return found
    }

    /// The beginning of a URL, and lines such as PEM has: they say nothing, and would be found everywhere.
    private static func isOrdinary(_ piece: Slice<UnsafeRawBufferPointer>) -> Bool {
        if piece.elementsEqual("https://".utf8) { return true }
        guard let first = piece.first, piece.allSatisfy({ $0 == first }) else { return false }
        return first == UInt8(ascii: "-") || first == UInt8(ascii: "*") || first == UInt8(ascii: " ")
    }

    /// The bit of the sieve for a piece.
    private static func place(_ bytes: UnsafeRawBufferPointer, at start: Int, _ length: Int) -> Int {
        var word: UInt64 = 0
        if length == 8 {
            word = bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)
        } else {
            for index in start..<(start + length) { word = word << 8 | UInt64(bytes[index]) }
        }
        return Int(truncatingIfNeeded: (word &* multiplier) >> UInt64(64 - sieveBits))
    }

    /// Of the standard library's keyed hash.
    private static func hash(_ piece: Slice<UnsafeRawBufferPointer>) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: piece))
        return hasher.finalize()
    }
}
