internal import Glibc
internal import PlainText

/// Writes to stdout and stderr. A reader that has gone is not a fault: what it does not want is dropped.
enum StandardStream: Int32 {
    case output = 1
    case error = 2

    /// Writes a text for people. Whatever came into it from a plugin, a service or a file moves, hides and reorders nothing on
    /// a terminal: of escape sequences only keyturn's own are left.
    func write(_ text: String) {
        let lines = PlainText.lines(text, isOwn: Self.isOwn).split(separator: "\n", omittingEmptySubsequences: false)
        // What ends without a line break is still being written: a question has its blank.
        let ended = lines.dropLast().map { $0.last == " " ? $0.withoutTrailingBlanks : String($0) }
        write(bytes: Array((ended + lines.suffix(1).map(String.init)).joined(separator: "\n").utf8))
    }

    /// Draws one line over the last one that was drawn.
    func draw(_ line: String) { write(bytes: Array("\r\u{1B}[2K\(PlainText.line(line, limit: 200))".utf8)) }

    /// Colours of ``Terminal``, what ``LiveView`` draws over itself with, and what `status --watch` clears the screen with.
    private static func isOwn(_ sequence: Substring.UnicodeScalarView) -> Bool {
        let text = String(sequence)
        if ["0m", "1m", "2m", "31m", "32m", "33m", "2K", "J", "H", "2J"].contains(text) { return true }
        return text.last == "A" && text.utf8.dropLast().allSatisfy { (0x30...0x39).contains($0) }
    }

    private func write(bytes: [UInt8]) {
        bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count, let base = buffer.baseAddress {
                let count = Glibc.write(rawValue, base + written, buffer.count - written)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                written += count
            }
        }
    }
}
