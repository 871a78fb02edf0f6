/// One frame between the host and a runner: a length, a kind, a call, a payload.
///
/// On the wire: `UInt32` payload length, `UInt8` kind, `UInt32` call, payload; integers little-endian. A secret travels in
/// a frame of its own, just before the message that it belongs to and with the same call.
public struct Frame: Sendable {
    /// What a frame says.
    public enum Kind: UInt8, Sendable {
        /// Bytes for the next message of this call.
        case secret = 1
        // Host to runner. The first of all is `confine`.
        case open = 16
        case check, push, inspect, cancel, httpResponse, close, confine
        // Runner to host.
        case loaded = 32
        case refused, outcome, httpRequest, log
    }

    /// The length of what comes before the payload.
    public static let headerLength = 9
    /// The longest payload. The largest thing that travels is the body of an HTTP response.
    public static let payloadLimit = 5 << 20

    /// What it says.
    public var kind: Kind
    /// The call it belongs to; 0: none, or the opening.
    public var call: UInt32
    /// The fields, or the secret.
    public var payload: [UInt8]

    /// A frame.
    public init(_ kind: Kind, call: UInt32 = 0, payload: [UInt8] = []) {
        self.kind = kind
        self.call = call
        self.payload = payload
    }

    /// Appends the frame to a buffer.
    public func write(to buffer: inout [UInt8]) {
        precondition(payload.count <= Self.payloadLimit)
        buffer.reserveCapacity(buffer.count + Self.headerLength + payload.count)
        Self.append(UInt32(payload.count), to: &buffer)
        buffer.append(kind.rawValue)
        Self.append(call, to: &buffer)
        buffer.append(contentsOf: payload)
    }

    private static func append(_ number: UInt32, to buffer: inout [UInt8]) {
        for shift in [0, 8, 16, 24] as [UInt32] { buffer.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
}

/// What the other side said cannot be understood.
public struct ProtocolError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong with it.
    public var description: String

    /// An error with its text.
    public init(_ description: String) { self.description = description }
}

/// Cuts a stream of bytes into frames.
public struct FrameReader: Sendable {
    private var buffer: [UInt8] = []
    private var start = 0

    /// A reader at the beginning of a stream.
    public init() {}

    /// Whether the stream ends in the middle of a frame, if it ends here.
    public var isInFrame: Bool { buffer.count > start }

    /// Takes bytes in.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) { buffer.append(contentsOf: bytes) }

    /// The next whole frame; nil: more bytes are needed.
    public mutating func next() throws(ProtocolError) -> Frame? {
        guard buffer.count - start >= Frame.headerLength else { return nil }
        let length = Int(number(at: start))
        guard length <= Frame.payloadLimit else { throw ProtocolError("a frame of \(length) bytes") }
        guard let kind = Frame.Kind(rawValue: buffer[start + 4]) else {
            throw ProtocolError("a frame of unknown kind \(buffer[start + 4])")
        }
        let end = start + Frame.headerLength + length
        guard buffer.count >= end else { return nil }
        let frame = Frame(
            kind, call: number(at: start + 5), payload: Array(buffer[(start + Frame.headerLength)..<end]))
        // Frames may carry secrets, so what was read does not stay.
        for index in start..<end { buffer[index] = 0 }
        start = end
        if start == buffer.count {
            buffer.removeAll(keepingCapacity: start <= 64 << 10)
            start = 0
        }
        return frame
    }

    private func number(at index: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(buffer[index + $1]) << (8 * UInt32($1)) }
    }
}
