import HTTP
import Secrets
import Testing

@testable import PusherHost

@Suite("Request IDs")
struct RequestIDTests {
    private func found(_ headers: [(name: String, value: String)]) -> String? {
        RequestID.found(in: HTTPResponse(status: 200, headers: headers, body: .text(""), followsRepetition: false))
    }

    @Test("are those that vendors name")
    func vendors() {
        #expect(found([("x-github-request-id", "E7A1:2B3C:4D5E"), ("x-request-id", "other")]) == "E7A1:2B3C:4D5E")
        #expect(found([("content-type", "text/html"), ("x-request-id", "01HF-abc_9")]) == "01HF-abc_9")
        #expect(found([("content-type", "text/html")]) == nil)
    }

    @Test("are taken only where they look like one")
    func hostile() {
        for text in ["", "a", "two words", "a\u{1B}[31mb", "<script>", String(repeating: "x", count: 129), "schlüssel"]
        {
            #expect(found([("x-request-id", text)]) == nil, "\(text)")
        }
    }
}
