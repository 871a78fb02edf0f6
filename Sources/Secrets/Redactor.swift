/// Takes known secrets out of texts that come from outside: pushers' messages, vendors' answers.
///
/// A second barrier. The first is that nothing of ours puts a secret into a text. Eight characters in a row of a secret are
/// enough, in any of the ``Reading``s of a text.
public struct Redactor: Sendable {
    private static let mark = Array("[redacted]".utf8)
    /// Every piece of every secret.
    private let pieces: SecretPieces

    /// Looks for these secrets.
    public init(_ secrets: [Secret]) { pieces = SecretPieces(secrets) }

    /// The text with every known secret, and every piece of one, replaced by `[redacted]`.
    public func redact(_ text: String) -> String {
        var bytes = Array(text.utf8)
        guard !pieces.isEmpty, bytes.count >= SecretPieces.shortest else { return text }
        var hidden = [Bool](repeating: false, count: bytes.count)
        var isFound = false
        for reading in Reading.all(of: bytes) {
            for range in pieces.ranges(in: reading.bytes) {
                isFound = true
                for index in reading.starts[range.lowerBound]..<reading.ends[range.upperBound - 1] {
                    hidden[index] = true
                }
            }
        }
        guard isFound else { return text }
        bytes = Self.shown(bytes, hidden)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What is not hidden, with a mark for each run of what is.
    private static func shown(_ bytes: [UInt8], _ hidden: [Bool]) -> [UInt8] {
        var shown: [UInt8] = []
        for index in bytes.indices {
            if !hidden[index] {
                shown.append(bytes[index])
            } else if index == 0 || !hidden[index - 1] {
                shown += mark
            }
        }
        return shown
    }
}
