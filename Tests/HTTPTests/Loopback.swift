import Glibc
import Synchronization

/// A server on loopback that takes one connection after the other, and answers each request with 200 and no body.
final class Loopback: Sendable {
    let port: UInt16
    private let socket: Int32
    private let state = Mutex((connections: 0, requests: [String]()))

    var requests: [String] { state.withLock { $0.requests } }
    var connections: Int { state.withLock { $0.connections } }
    var url: String { "http://127.0.0.1:\(port)/" }

    init() throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (socket, size) = (socket, length)
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer -> UInt16? in
                guard bind(socket, pointer, size) == 0, listen(socket, 16) == 0,
                    getsockname(socket, pointer, &length) == 0
                else { return nil }
                return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    UInt16(bigEndian: $0.pointee.sin_port)
                }
            }
        }
        guard let port else { throw Failed() }
        self.port = port
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self).toOpaque()
        pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Loopback>.fromOpaque(context).takeRetainedValue().serve()
                return nil
            }, context)
        pthread_detach(thread)
    }

    struct Failed: Error {}

    /// Ends the thread.
    func stop() { shutdown(socket, Int32(SHUT_RDWR)) }

    private func serve() {
        while true {
            let connection = accept(socket, nil, nil)
            guard connection >= 0 else { break }
            state.withLock { $0.connections += 1 }
            answer(connection)
            close(connection)
        }
        close(socket)
    }

    private func answer(_ connection: Int32) {
        var (text, buffer) = ("", [UInt8](repeating: 0, count: 4_096))
        while true {
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { return }
            text += String(decoding: buffer[..<count], as: UTF8.self)
            while let end = text.firstRange(of: "\r\n\r\n") {
                let head = String(text[..<end.lowerBound])
                text = String(text[end.upperBound...])
                state.withLock { $0.requests.append(head) }
                let reply = Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8)
                guard write(connection, reply, reply.count) == reply.count else { return }
            }
        }
    }
}
