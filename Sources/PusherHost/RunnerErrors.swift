internal import CLinux
internal import Glibc
internal import Programs
internal import Secrets

/// What a runner writes to its standard error: of no interest but after a crash, when it often says why. The beginning and
/// the end are kept, since some languages write the reason first (Go), and others last (C++).
final class RunnerErrors {
    /// Bytes that are kept of the beginning, and of the end.
    static let limit = 2 << 10
    /// Lines that are shown of each.
    static let lineLimit = 6
    /// Bytes of one line.
    private static let lineLength = 400
    /// Bytes that are read in one turn. The pipe holds no more than this by default.
    private static let turnLimit = 64 << 10
    private static let bufferSize = 4 << 10
    /// Hexadecimal digits in a row that could be memory: a register, or a word of a stack.
    private static let shortestDump = 8

    /// The end that is read; -1: nothing comes any more.
    private(set) var descriptor: Int32
    private var head: [UInt8] = []
    private var tail: [UInt8] = []
    private var isCut = false

    init(descriptor: Int32) {
        self.descriptor = descriptor
        // They do not move, and leave no copies behind: it may be a dump of memory.
        head.reserveCapacity(Self.limit)
        tail.reserveCapacity(Self.limit + Self.bufferSize)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        Secret.wipe(&head)
        Secret.wipe(&tail)
    }

    /// Takes what is there, without waiting.
    func drain() {
        guard descriptor >= 0 else { return }
        var buffer = [UInt8](repeating: 0, count: Self.bufferSize)
        defer { Secret.wipe(&buffer) }
        Pipe.drain(&descriptor, through: &buffer, limit: Self.turnLimit) { keep($0) }
    }

    /// Keeps bytes as far as they are of the beginning or the end.
    func keep(_ bytes: ArraySlice<UInt8>) {
        let room = Self.limit - head.count
        head += bytes.prefix(room)
        tail += bytes.dropFirst(max(0, room))
        guard tail.count > Self.limit else { return }
        isCut = true
        tail.removeFirst(tail.count - Self.limit)
    }

    /// The first and the last lines, without secrets and without what may be a dump of memory.
    func lines(_ redactor: Redactor) -> [String] {
        // Over all lines first: a secret may be on two.
        let gap = Array(isCut ? "\n…\n".utf8 : "".utf8)
        let text = redactor.redact(String(decoding: head + gap + tail, as: UTF8.self))
        let lines = text.split(whereSeparator: \.isNewline).map {
            CallReport.oneLine(Self.withoutDumps($0), redactor, limit: Self.lineLength)
        }
        .filter { !$0.isEmpty }
        guard lines.count > 2 * Self.lineLimit else { return lines }
        return lines.prefix(Self.lineLimit) + ["…"] + lines.suffix(Self.lineLimit)
    }

    /// The line, with `…` in place of long hexadecimal numbers: a register may hold eight bytes of a secret, in reverse order.
    private static func withoutDumps(_ line: Substring) -> String {
        var shown = ""
        var digits = ""
        func end() {
            shown += digits.count >= shortestDump ? "…" : digits
            digits = ""
        }
        for character in line {
            if character.isHexDigit && character.isASCII {
                digits.append(character)
            } else {
                end()
                shown.append(character)
            }
        }
        end()
        return shown
    }
}
