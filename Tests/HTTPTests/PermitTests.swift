import HTTP
import Secrets
import Synchronization
import Testing

@Suite("What may be sent", .timeLimit(.minutes(1)))
struct PermitTests {
    private func request(_ url: String, _ permit: @escaping @Sendable () -> Bool) -> HTTPRequest {
        var request = HTTPRequest(method: .get, url: url, headers: .text(""), timeout: .seconds(20))
        request.permit = permit
        return request
    }

    @Test("a request is not sent once its sender may not act any more, though the connection stands")
    func forbidden() async throws {
        let server = try Loopback()
        defer { server.stop() }
        let client = HTTPClient()
        defer { client.stop() }
        #expect(try await client.send(request(server.url) { true }).status == 200)
        await #expect(throws: HTTPError(.cancelled, "this process may not act any more: its lease is over")) {
            _ = try await client.send(request(server.url) { false })
        }
        #expect(server.requests.count == 1)
    }

    @Test("it is asked at the last moment: when the connection is there")
    func atTheLastMoment() async throws {
        let server = try Loopback()
        defer { server.stop() }
        let client = HTTPClient()
        defer { client.stop() }
        let seen = Mutex<[Int]>([])
        _ = try await client.send(
            request(server.url) {
                seen.withLock { $0.append(server.requests.count) }
                return true
            })
        #expect(seen.withLock { $0 } == [0])
        #expect(server.connections == 1 && server.requests.count == 1)
    }
}
