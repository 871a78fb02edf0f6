import HTTP
import Secrets
import Testing

@Suite("Connections that were idle", .timeLimit(.minutes(1)))
struct IdleConnectionTests {
    private func connections(idleLimit: Duration) async throws -> Int {
        let server = try Loopback()
        defer { server.stop() }
        var options = HTTPClient.Options()
        options.longestIdle = idleLimit
        let client = HTTPClient(options)
        defer { client.stop() }
        for _ in 0..<3 {
            let request = HTTPRequest(method: .get, url: server.url, headers: .text(""))
            #expect(try await client.send(request).status == 200)
        }
        return server.connections
    }

    @Test("are used again for a while, and not after that")
    func limit() async throws {
        #expect(try await connections(idleLimit: .seconds(20)) == 1)
        #expect(try await connections(idleLimit: .zero) == 3)
    }

    @Test("a runtime's address may be any in plain, and no other kind of request may go there")
    func runtime() async throws {
        let client = HTTPClient()
        defer { client.stop() }
        // TEST-NET-1: no one answers there.
        var request = HTTPRequest(
            method: .get, url: "http://192.0.2.1:9/", headers: .text(""), timeout: .milliseconds(200))
        await #expect(throws: HTTPError(.refused, "plain http to 192.0.2.1, which is not this machine")) {
            _ = try await client.send(request)
        }
        request.reach = .runtime
        do {
            _ = try await client.send(request)
            Issue.record("someone answers")
        } catch { #expect(error.code == .unreachable, "\(error)") }
    }

    @Test("an answer that may come whenever it comes is waited for beyond the time of a request")
    func waiting() async throws {
        let server = try Loopback()
        defer { server.stop() }
        let client = HTTPClient()
        defer { client.stop() }
        // The server takes one connection at a time, and this one is not the first.
        let other = HTTPClient()
        #expect(try await other.send(HTTPRequest(method: .get, url: server.url, headers: .text(""))).status == 200)
        var request = HTTPRequest(method: .get, url: server.url, headers: .text(""), timeout: .milliseconds(200))
        request.waitsWithoutEnd = true
        async let answer = client.send(request)
        try await Task.sleep(for: .milliseconds(600))
        other.stop()
        #expect(try await answer.status == 200)
    }
}
