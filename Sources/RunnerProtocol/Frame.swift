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
        case check, push, inspect, cancel, httpResponse, close, confine, find, below
        // Runner to host.
        case loaded = 32
        case refused, outcome, httpRequest, log, confined, place, scope, gap
        case awsRequest = 48
    }

    /// The length of what comes before the payload.
    public static let headerLength = 9
    /// The longest payload of all kinds. The largest thing that travels is the body of an HTTP response.
    public static let payloadLimit = 5 << 20

    /// The longest payload of a kind that a runner may send; nil: only the host sends it.
    public static func limitFromRunner(_ kind: Kind) -> Int? {
        switch kind {
        // A request's body, or its header fields.
        case .secret: 1 << 20
        case .loaded: (1 << 20) + (16 << 10)
        case .refused: 70 << 10
        // Three texts of at most 64 KiB.
        case .outcome: 200 << 10
        case .httpRequest: 9 << 10
        case .log: 66 << 10
        case .confined: 1 << 10
        case .place: 24 << 10
        case .scope: 8 << 10
        case .gap: 70 << 10
        case .awsRequest: 1 << 10
        case .open, .check, .push, .inspect, .find, .below, .cancel, .httpResponse, .close, .confine: nil
        }
    }

    /// The longest payload of a kind that the host may send; nil: only runners send it.
    public static func limitFromHost(_ kind: Kind) -> Int? {
        switch kind {
        case .loaded, .refused, .outcome, .httpRequest, .log, .confined, .place, .scope, .gap, .awsRequest: nil
        default: payloadLimit
        }
    }

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
        buffer.reserveCapacity(buffer.count + Self.headerLength + payload.count)
        Self.writeHeader(kind, call: call, count: payload.count, to: &buffer)
        buffer.append(contentsOf: payload)
    }

    /// Appends what comes before a payload of that many bytes.
    public static func writeHeader(_ kind: Kind, call: UInt32, count: Int, to buffer: inout [UInt8]) {
        // Both sides bound what they put into a payload; one beyond it would be cut off by the other side.
        precondition(count <= payloadLimit)
        append(UInt32(count), to: &buffer)
        buffer.append(kind.rawValue)
        append(call, to: &buffer)
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
