import FlyingFox
import FlyingSocks
import Foundation

/// The server's own pool of sockets, with Nagle's algorithm switched off in each of them.
///
/// The server writes the head and the body of a reply one after the other. On a connection that is kept open the
/// body would wait for the client's delayed acknowledgement of the head: 40 ms for every request.
struct PromptPool<Pool: AsyncSocketPool>: AsyncSocketPool {
    let pool: Pool

    func prepare() async throws { try await pool.prepare() }

    func run() async throws { try await pool.run() }

    func suspendSocket(_ socket: Socket, untilReadyFor events: Socket.Events) async throws {
        // The listening socket comes here too, and those that it accepts inherit the option.
        var isOn: Int32 = 1
        setsockopt(
            socket.file.rawValue, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, socklen_t(MemoryLayout<Int32>.size))
        try await pool.suspendSocket(socket, untilReadyFor: events)
    }
}
