import Dispatch
import FoundationEssentials
import Glibc
import Synchronization

/// One client's connection: a request comes in, its reply goes out, and so on until one side ends it.
struct Connection {
    private let descriptor: Int32
    private let answering: any RequestAnswering
    /// What came and is not used yet: the beginning of the next request, when a client sends ahead.
    private var input = Data()

    /// The longest head of a request, in bytes.
    private static let headLimit = 64 << 10
    /// How long a client may keep a connection open without a word, or not take its reply.
    private static let patience = timeval(tv_sec: 3_600, tv_usec: 0)

    init(_ descriptor: Int32, _ answering: any RequestAnswering) {
        (self.descriptor, self.answering) = (descriptor, answering)
        var (isOn, patience) = (Int32(1), Self.patience)
        // A small reply goes out at once, and does not wait for the client's acknowledgement of the one before.
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, socklen_t(MemoryLayout<Int32>.size))
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// Answers until the connection is over.
    mutating func serve() {
        while let bytes = readHead() {
            guard let head = RequestHead(bytes) else {
                _ = send(Reply.text(400, "not a request of HTTP/1.1\n").closing, isHead: false)
                return
            }
            guard head.length <= Request.bodyLimit else {
                _ = send(Reply.text(413, "too large").closing, isHead: false)
                return
            }
            if head.expectsContinue, !write(Data("HTTP/1.1 100 Continue\r\n\r\n".utf8)) { return }
            guard let body = readBody(head.length) else { return }
            let reply = answer(Request(head, body: body))
            // Not a byte of a reply, as when a server dies or a network parts.
            guard !reply.isDropped, send(reply, isHead: head.method == "HEAD"), head.isKept else { return }
        }
    }

    private func answer(_ request: Request) -> Reply {
        let (answering, found) = (answering, Found())
        Task {
            let reply = await answering.reply(to: request)
            found.reply.withLock { $0 = reply }
            found.isThere.signal()
        }
        found.isThere.wait()
        return found.reply.withLock { $0 }
    }

    private final class Found: Sendable {
        let reply = Mutex(Reply.dropped)
        let isThere = DispatchSemaphore(value: 0)
    }

    /// What comes before the next empty line, or more than a head may have; nil: the client has ended.
    private mutating func readHead() -> Data? {
        var searched = 0
        while true {
            if let end = input.dropFirst(searched).firstRange(of: Data("\r\n\r\n".utf8)) {
                defer { input = Data(input[end.upperBound...]) }
                return Data(input[..<end.lowerBound])
            }
            guard input.count <= Self.headLimit else { return Data() }
            searched = max(0, input.count - 3)
            guard receive() else { return nil }
        }
    }

    private mutating func readBody(_ length: Int) -> Data? {
        while input.count < length { guard receive() else { return nil } }
        defer { input = Data(input.dropFirst(length)) }
        return Data(input.prefix(length))
    }

    private mutating func receive() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            input.append(contentsOf: buffer[..<count])
            return true
        }
    }

    private func send(_ reply: Reply, isHead: Bool) -> Bool { write(reply.bytes(isHead: isHead)) }

    private func write(_ bytes: Data) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var sent = 0
            while sent < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
                let count = Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }
    }
}
