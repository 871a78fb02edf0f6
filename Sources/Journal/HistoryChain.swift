internal import CSodium

/// How lines of history hold on to each other: each carries the SHA-256 over its predecessor's hash and its own content.
///
/// The content is every field but the hash itself, in the table's order, as netstrings (`5:hello,`); numbers are written in
/// decimal, and a field without a value is `~`. Whoever has the table can compute it with any program.
enum HistoryChain {
    /// The length of a hash in bytes.
    static let hashLength = Int(crypto_hash_sha256_BYTES)

    /// Where a new chain begins: at random, so that no two histories have a line in common.
    static func makeBeginning() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: hashLength)
        randombytes_buf(&bytes, bytes.count)
        return bytes
    }

    /// The hash of a line.
    ///
    /// - Parameter content: the line's fields, from its number on.
    static func hash(after predecessor: [UInt8], _ content: [Cell]) -> [UInt8] {
        var bytes = predecessor
        bytes.reserveCapacity(512)
        for cell in content {
            switch cell {
            case .null: bytes.append(UInt8(ascii: "~"))
            case .number(let number): append(String(number), to: &bytes)
            case .text(let text): append(text, to: &bytes)
            case .bytes: preconditionFailure("a line of history has no bytes but its hash")
            }
        }
        var hash = [UInt8](repeating: 0, count: hashLength)
        crypto_hash_sha256(&hash, bytes, UInt64(bytes.count))
        return hash
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        let content = text.utf8
        bytes += String(content.count).utf8
        bytes.append(UInt8(ascii: ":"))
        bytes += content
        bytes.append(UInt8(ascii: ","))
    }

    /// For people and programs: lower-case hexadecimal digits.
    static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

/// What the state keeps of the chain beside its lines: where it ends, and where it begins since lines were pruned.
struct ChainHead: Hashable {
    /// The last line's number; 0: there is none yet.
    var line: Int64
    /// The last line's hash; where there is none yet, the chain's beginning.
    var hash: [UInt8]
    /// The number of the last line that was pruned; 0: none was.
    var prunedLine: Int64 = 0
    /// Its hash: the first line that is kept follows it. Where none was pruned, the chain's beginning.
    var prunedHash: [UInt8]

    /// A chain without lines.
    init(beginning: [UInt8]) {
        line = 0
        hash = beginning
        prunedHash = beginning
    }

    init(line: Int64, hash: [UInt8], prunedLine: Int64, prunedHash: [UInt8]) {
        self.line = line
        self.hash = hash
        self.prunedLine = prunedLine
        self.prunedHash = prunedHash
    }

    /// What is authenticated with the seal key: whoever can write the file, and has not that key, cannot move the end.
    var bytes: [UInt8] { Array("keyturn history \(line) \(prunedLine) ".utf8) + hash + prunedHash }
}
