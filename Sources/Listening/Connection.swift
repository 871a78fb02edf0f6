internal import Glibc

/// One client: its request comes in, the answer goes out, and it is over.
struct Connection {
    private enum Stage {
        case reading
        case writing(sent: Int)
        /// The answer is out. Closing with something unread could take it back from the client.
        case draining
        case over
    }

    let descriptor: Int32
    private(set) var deadline: ContinuousClock.Instant
    private let end: ContinuousClock.Instant
    private var stage = Stage.reading
    private var input: [UInt8] = []
    private var output: [UInt8] = []

    init(_ descriptor: Int32, head: ContinuousClock.Instant, end: ContinuousClock.Instant) {
        self.descriptor = descriptor
        deadline = head
        self.end = end
    }

    var events: Int16 {
        if case .writing = stage { return Int16(POLLOUT) }
        return Int16(POLLIN)
    }

    var isOver: Bool { if case .over = stage { true } else { false } }

    /// Whether its request is not whole yet.
    var isReading: Bool { if case .reading = stage { true } else { false } }
    /// Whether its answer waits to be taken.
    var isWriting: Bool { if case .writing = stage { true } else { false } }

    mutating func finish() {
        guard !isOver else { return }
        close(descriptor)
        stage = .over
    }

    mutating func advance(answer: (Request) -> Reply) {
        switch stage {
        case .reading: read(answer)
        case .writing: write()
        case .draining: drain()
        case .over: break
        }
    }

    private mutating func read(_ answer: (Request) -> Reply) {
        guard let chunk = receive() else { return }
        guard !chunk.isEmpty else { return finish() }
        let searched = max(0, input.count - 3)
        input += chunk
        if let length = Self.headLength(input, from: searched) {
            guard length <= Server.headSize else { return send(Self.tooLarge, withBody: true) }
            guard let request = Request(head: input[..<length]) else {
                return send(.line(400, "That is not a request of HTTP/1.1."), withBody: true)
            }
            send(answer(request), withBody: request.method != "HEAD")
        } else if input.count > Server.headSize {
            send(Self.tooLarge, withBody: true)
        }
    }

    private static let tooLarge = Reply.line(431, "The request's head is larger than \(Server.headSize) bytes.")

    /// How many bytes come before the empty line.
    private static func headLength(_ bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= 4, start <= bytes.count - 4 else { return nil }
        return (start...(bytes.count - 4)).first {
            bytes[$0] == 0x0D && bytes[$0 + 1] == 0x0A && bytes[$0 + 2] == 0x0D && bytes[$0 + 3] == 0x0A
        }
    }

    private mutating func send(_ reply: Reply, withBody: Bool) {
        input = []
        output = reply.bytes(withBody: withBody)
        stage = .writing(sent: 0)
        deadline = end
        write()
    }

    private mutating func write() {
        guard case .writing(var sent) = stage else { return }
        while sent < output.count {
            let (descriptor, offset) = (descriptor, sent)
            let count = output.withUnsafeBytes { bytes in
                Glibc.send(
                    descriptor, bytes.baseAddress?.advanced(by: offset), bytes.count - offset, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EAGAIN || errno == EINTR { break }
            guard count > 0 else { return finish() }
            sent += count
        }
        stage = .writing(sent: sent)
        guard sent == output.count else { return }
        output = []
        stage = .draining
        deadline = min(end, .now + .seconds(1))
        shutdown(descriptor, Int32(SHUT_WR))
    }

    private mutating func drain() {
        if let chunk = receive(), chunk.isEmpty { finish() }
    }

    /// What has come; empty: the client has ended; nil: nothing yet.
    private func receive() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0, errno == EAGAIN || errno == EINTR { return nil }
        return count > 0 ? Array(buffer[..<count]) : []
    }
}
