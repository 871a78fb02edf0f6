internal import CLinux
internal import Glibc

/// Finds the lines of a log that may be proofs. A log can have gigabytes, and comes in pieces: of a line that is not over yet no more than
/// a bound is kept, and what a line has in front (times, names of jobs, colours) does not matter.
struct ProofScanner {
    /// Of a longer line the rest is not looked at: a job prints its proof as a line of its own.
    private static let longestLine = 64 << 10
    /// The mark is also the job's name, with which some logs begin every line.
    private static let mostMarks = 16

    private var kept: [UInt8] = []
    /// The number of the line that is being read.
    private(set) var line = 1

    /// - Parameter found: is given the line's number and what comes after the mark, once for each mark.
    mutating func scan(_ bytes: UnsafeRawBufferPointer, _ found: (Int, String) -> Void) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            guard let base = part.baseAddress, let newline = memchr(base, 0x0A, part.count) else { return keep(part) }
            let end = UnsafeRawPointer(newline) - base
            let text = UnsafeRawBufferPointer(rebasing: part[..<end])
            if kept.isEmpty {
                look(text, found)
            } else {
                keep(text)
                finish(found)
            }
            line += 1
            rest = rest[(rest.startIndex + end + 1)...]
        }
    }

    /// Looks at what is left when there is nothing more.
    mutating func finish(_ found: (Int, String) -> Void) {
        kept.withUnsafeBytes { look($0, found) }
        kept.removeAll(keepingCapacity: true)
    }

    private mutating func keep(_ part: UnsafeRawBufferPointer) {
        kept.append(contentsOf: part.prefix(max(0, Self.longestLine - kept.count)))
    }

    private func look(_ line: UnsafeRawBufferPointer, _ found: (Int, String) -> Void) {
        var rest = UnsafeRawBufferPointer(rebasing: line.prefix(Self.longestLine))
        for _ in 0..<Self.mostMarks {
            let mark = Self.mark
            guard let base = rest.baseAddress,
                let place = kt_find(base, rest.count, mark.baseAddress, mark.count)
            else { return }
            let start = place - base
            rest = UnsafeRawBufferPointer(rebasing: rest[(start + mark.count)...])
            found(self.line, String(decoding: rest.prefix(ProofLine.longest), as: UTF8.self))
        }
    }

    // Made once and never given back: the scanner looks for it in every line.
    nonisolated(unsafe) private static let mark: UnsafeRawBufferPointer = {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: ProofLine.mark.utf8.count, alignment: 1)
        bytes.copyBytes(from: ProofLine.mark.utf8)
        return UnsafeRawBufferPointer(bytes)
    }()
}
