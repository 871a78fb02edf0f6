internal import Glibc

/// Cuts a stream of bytes into frames.
///
/// Frames may carry secrets, so what was read does not stay: the memory is the reader's own, wiped when it is given up, moved or
/// read. It holds no more than one frame that is not whole yet, and what came with it.
public struct FrameReader: ~Copyable {
    /// The longest payload of a kind; nil: a kind that the other side does not send. Judged before the payload is taken in.
    private let limit: @Sendable (Frame.Kind) -> Int?
    private var memory: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0

    /// A reader at the beginning of a stream.
    ///
    /// - Parameter limit: what the other side may send.
    public init(limit: @escaping @Sendable (Frame.Kind) -> Int?) {
        self.limit = limit
        memory = .allocate(byteCount: 64 << 10, alignment: 16)
    }

    deinit {
        Self.wipe(memory[start..<end])
        memory.deallocate()
    }

    /// Whether the stream ends in the middle of a frame, if it ends here.
    public var isInFrame: Bool { end > start }

    /// Bytes that were taken in and not read.
    public var pending: Int { end - start }

    /// Takes bytes in.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if memory.count - end < bytes.count { makeRoom(for: bytes.count) }
        UnsafeMutableRawBufferPointer(rebasing: memory[end...]).copyMemory(from: bytes)
        end += bytes.count
    }

    /// The next whole frame; nil: more bytes are needed.
    public mutating func next() throws(ProtocolError) -> Frame? {
        guard end - start >= Frame.headerLength else { return nil }
        guard let kind = Frame.Kind(rawValue: memory[start + 4]) else {
            throw ProtocolError("a frame of unknown kind \(memory[start + 4])")
        }
        guard let longest = limit(kind) else {
            throw ProtocolError("a frame of kind \(kind), which is not its to send")
        }
        let length = Int(number(at: start))
        guard length <= longest else { throw ProtocolError("a frame of kind \(kind) with \(length) bytes") }
        let whole = start..<(start + Frame.headerLength + length)
        guard end >= whole.upperBound else { return nil }
        let payload = UnsafeRawBufferPointer(
            rebasing: memory[(whole.lowerBound + Frame.headerLength)..<whole.upperBound])
        let frame = Frame(kind, call: number(at: start + 5), payload: Array(payload))
        Self.wipe(memory[whole])
        start = whole.upperBound
        if start == end { (start, end) = (0, 0) }
        return frame
    }

    /// Moves what is there to the front, into more memory where that is not enough.
    private mutating func makeRoom(for count: Int) {
        let kept = UnsafeRawBufferPointer(rebasing: memory[start..<end])
        if kept.count + count <= memory.count / 2 {
            let left = start
            memory.copyMemory(from: kept)
            Self.wipe(memory[max(left, kept.count)..<end])
        } else {
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: (kept.count + count) * 2, alignment: 16)
            larger.copyMemory(from: kept)
            Self.wipe(memory[start..<end])
            memory.deallocate()
            memory = larger
        }
        (start, end) = (0, kept.count)
    }

    private func number(at index: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(memory[index + $1]) << (8 * UInt32($1)) }
    }

    private static func wipe(_ bytes: Slice<UnsafeMutableRawBufferPointer>) {
        let bytes = UnsafeMutableRawBufferPointer(rebasing: bytes)
        guard let base = bytes.baseAddress else { return }
        explicit_bzero(base, bytes.count)
    }
}
