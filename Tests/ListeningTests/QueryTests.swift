import Testing

@testable import Listening

@Suite("A query")
struct QueryTests {
    @Test("is read as a form sends it; what is not such a text is left out")
    func fields() {
        #expect(
            Query.fields("q=acme%2Fapp+x&show=all&q=other&empty=&bad=%ZZ&flag") == [
                "q": "acme/app x", "show": "all", "empty": "", "flag": "",
            ])
        #expect(Query.fields("").isEmpty && Query.fields("a=%FF").isEmpty)
        #expect(Query.fields(String(repeating: "a=1&", count: 1_000) + "late=1")["late"] == nil)
    }

    @Test("comes back from what was encoded", arguments: ["a b", "acme/app", "ü&=?%", ""])
    func encoding(_ text: String) {
        #expect(Query.decoded(Query.encoded(text)) == text)
        #expect(Query.encoded(text).utf8.allSatisfy { $0 < 0x80 })
    }

    @Test("does not belong to the path of a request")
    func request() throws {
        let request = try #require(Request(head: Array("GET /?q=a%20b&show=idle HTTP/1.1\r\nHost: x".utf8)))
        #expect(request.path == "/" && request.query == ["q": "a b", "show": "idle"])
    }
}
