internal import CSodium
internal import Rotation

/// Where the chain of a user's history ends, and where it begins since lines were pruned.
///
/// Each line carries the SHA-256 over its predecessor's hash, in hexadecimal digits, followed by its own JSON text. Whoever has the
/// state can compute it with any program. The user's record holds the end, and a code for the whole record that is made
/// with a key derived from the seal key: whoever can write the state, and has not that key, cannot move the end.
struct ChainHead: Hashable, Codable, Sendable {
    /// The number of hexadecimal digits of a hash.
    static let hashDigits = 2 * Int(crypto_hash_sha256_BYTES)

    /// The last line's number; 0: there is none yet.
    var line: Int64 = 0
    /// The last line's hash; where there is none yet, the chain's beginning.
    var hash: String
    /// When it was written.
    var at = Timestamp(milliseconds: 0)
    /// The number of the last line that was pruned; 0: none was.
    var prunedLine: Int64 = 0
    /// Its hash: the first line that is kept follows it. Where none was pruned, the chain's beginning.
    var prunedHash: String
    /// When that one was written.
    var prunedAt = Timestamp(milliseconds: 0)
    /// When the first line that is kept was written; nil: there is none.
    var oldestAt: Timestamp?

    /// A chain without lines. It begins at random, so that no two histories have a line in common.
    init() {
        var bytes = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES))
        randombytes_buf(&bytes, bytes.count)
        hash = Hexadecimal.text(bytes)
        prunedHash = hash
    }

    /// The hash of a line.
    static func hash(after predecessor: String, _ json: [UInt8]) -> String {
        Hexadecimal.sha256(Array(predecessor.utf8) + json)
    }
}

/// Lower-case hexadecimal digits.
enum Hexadecimal {
    static func text(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(unsafeUninitializedCapacity: 2 * bytes.count) { text in
            for (index, byte) in bytes.enumerated() {
                text[2 * index] = digits[Int(byte >> 4)]
                text[2 * index + 1] = digits[Int(byte & 15)]
            }
            return 2 * bytes.count
        }
    }

    static func sha256(_ bytes: [UInt8]) -> String {
        var hash = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES))
        crypto_hash_sha256(&hash, bytes, UInt64(bytes.count))
        return text(hash)
    }
}
