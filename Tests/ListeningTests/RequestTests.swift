import Testing

@testable import Listening

@Suite("Requests")
struct RequestTests {
    private func request(_ text: String) -> Request? { Request(head: Array(text.utf8)) }

    @Test("method, path without query, and host without port are read")
    func reading() {
        let request = request("GET /metrics?x=1 HTTP/1.1\r\nUser-Agent: x\r\nhOsT:  LocalHost:9464 ")
        #expect(request?.method == "GET")
        #expect(request?.path == "/metrics")
        #expect(request?.host == "localhost")
        #expect(self.request("GET / HTTP/1.1\r\nHost: [::1]:80")?.host == "::1")
        #expect(self.request("HEAD / HTTP/1.0")?.host == nil)
    }

    @Test(
        "what is not a request is none",
        arguments: [
            "", "GET", "GET /", "GET / HTTP/2", "GET  / HTTP/1.1", "GET http://x/ HTTP/1.1", " / HTTP/1.1",
            "GET / HTTP/1.1 x",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b",
        ])
    func nonsense(_ text: String) { #expect(request(text) == nil) }

    @Test("a HEAD's answer is that of a GET without its body")
    func head() {
        let reply = Reply.line(200, "ok")
        let (whole, head) = (reply.bytes(withBody: true), reply.bytes(withBody: false))
        #expect(whole == head + Array("ok\n".utf8))
        #expect(String(decoding: head, as: UTF8.self).contains("Content-Length: 3\r\n"))
    }
}
