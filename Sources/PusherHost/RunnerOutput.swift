internal import Glibc
internal import RunnerProtocol
internal import Secrets

/// What waits to be sent to a runner: frames, in order. Large secrets are sent from where they are.
struct RunnerOutput: ~Copyable {
    private enum Piece {
        case bytes([UInt8])
        case secret(Secret)

        var count: Int {
            switch self {
            case .bytes(let bytes): bytes.count
            case .secret(let secret): secret.count
            }
        }
    }

    /// Bytes of a piece that more is appended to.
    private static let pieceSize = 64 << 10
    /// Secrets from this size on are not copied.
    private static let largeSecret = 16 << 10

    private var pieces: [Piece] = []
    /// Bytes of the first piece that are sent.
    private var sent = 0
    /// Bytes that wait.
    private(set) var count = 0

    deinit { pieces.forEach(Self.wipe) }

    mutating func append(_ kind: Frame.Kind, call: UInt32, secrets: [Secret], payload: [UInt8]) {
        for secret in secrets {
            guard secret.count >= Self.largeSecret else {
                secret.withBytes { body in append { Frame(.secret, call: call, payload: Array(body)).write(to: &$0) } }
                continue
            }
            append { Frame.writeHeader(.secret, call: call, count: secret.count, to: &$0) }
            pieces.append(.secret(secret))
            count += secret.count
        }
        append { Frame(kind, call: call, payload: payload).write(to: &$0) }
    }

    private mutating func append(_ write: (inout [UInt8]) -> Void) {
        var bytes: [UInt8] = []
        if case .bytes(let last) = pieces.last, last.count < Self.pieceSize {
            pieces.removeLast()
            bytes = last
        }
        let before = bytes.count
        write(&bytes)
        count += bytes.count - before
        pieces.append(.bytes(bytes))
    }

    /// Hands to the socket what it takes; the rest waits. An error shows again when reading, where the end of a runner is
    /// handled.
    mutating func flush(to descriptor: Int32) {
        while let first = pieces.first {
            let written =
                switch first {
                case .bytes(let bytes): bytes.withUnsafeBytes { Self.write($0, from: sent, descriptor) }
                case .secret(let secret): secret.withBytes { Self.write($0, from: sent, descriptor) }
                }
            guard written > 0 else { return }
            sent += written
            count -= written
            guard sent == first.count else { return }
            Self.wipe(pieces.removeFirst())
            sent = 0
        }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, from start: Int, _ descriptor: Int32) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        return Glibc.write(descriptor, base + start, bytes.count - start)
    }

    private static func wipe(_ piece: Piece) {
        guard case .bytes(var bytes) = piece else { return }
        Secret.wipe(&bytes)
    }
}
