import CKeyturnPusher
import Testing

private let names = #""access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#
private let target = #"{"path":"/hooks/app",\#(names)}"#
private let base = "https://hooks.example.com"
private let configuration = #"{"token":"\#(HostSession.token)","endpoint":"\#(base)"}"#
private let yes = Reply.status(204)

@Suite("Webhook") struct WebhookTests {
    private func session() throws -> HostSession { try HostSession(.webhook, configuration: configuration) }

    private func push(_ replies: Reply...) throws -> Ending { try session().push(target, replies) }

    /// The codes were computed with Python's `hmac`.
    @Test func `a push is one POST, signed over its time and its body`() throws {
        let end = try push(yes)
        end.expect(KT_OK, "Webhook: /hooks/app: the receiver says that it is done (204)")
        #expect(end.report?.evidence == KT_EVIDENCE_ACKNOWLEDGED && end.lines == ["POST \(base)/hooks/app"])
        #expect(
            end.requests[0].body
                == #"{"version":1,"action":"push","path":"/hooks/app","access-key-id":"AKIAIOSFODNN7EXAMPLE","#
                + #""secret-access-key":"wJalrXUtnFEMI/K7MDENG+bPxRfiCY\"EXAMPLE\\KEY","variables":"#
                + #"{"access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY"}}"#)
        #expect(
            end.requests[0].headers["Keyturn-Signature"]
                == "t=1795341600,v1=97e0020edea3c5405edb7b2567d9fb3a5b4915b5d8b673d4c091aa12c7b81a81")
    }

    @Test func `check is a signed GET`() throws {
        let end = try session().check(target, [yes])
        end.expect(KT_OK, "Webhook: /hooks/app: the receiver answers, and accepts the signature")
        #expect(end.lines == ["GET \(base)/hooks/app"] && end.requests[0].body.isEmpty)
        #expect(
            end.requests[0].headers["Keyturn-Signature"]
                == "t=1795341600,v1=4e6b7f6e8d32df9db315618de3f1bfaeea5d7095782572f53cdacaf5e006d933")
        try session().check(target, [.status(405, "no", ["content-type": "text/plain"])]).expect(
            KT_OK, "Webhook: /hooks/app: the receiver answers, and takes no GET")
        try session().check(target, [.status(405, "<html></html>", ["content-type": "text/html"])]).expect(
            KT_INVALID_CONFIG, "Webhook: /hooks/app: 405: a web page answered")
    }

    @Test func `a page, a proxy's answer and a redirection are no yes`() throws {
        for reply in [
            Reply.status(200, "<html>sign in</html>"), .status(203), .status(200, "", ["content-type": "text/html"]),
            .status(302, "", ["location": "https://elsewhere.example/"]), .status(206),
        ] {
            let end = try push(reply)
            #expect(end.outcome != KT_OK && end.requests.count == 1)
        }
    }

    @Test func `paths are kept as they are, and encoded`() throws {
        for (path, sent) in [
            ("/", "/"), ("/a b/%2e/", "/a%20b/%252e/"), ("/a/../b", "/a/%2E%2E/b"), ("/x?y#z", "/x%3Fy%23z"),
        ] {
            let end = try session().push(#"{"path":"\#(path)",\#(names)}"#, [yes])
            #expect(end.lines == ["POST \(base)\(sent)"])
        }
        #expect(try session().push(#"{"path":"hooks",\#(names)}"#, [yes]).outcome == KT_INVALID_CONFIG)
    }

    @Test(arguments: [
        #"{"token":"short","endpoint":"https://x"}"#, #"{"token":"0123456789abcdef0"}"#,
        #"{"token":"0123456789 abcdef","endpoint":"https://x"}"#, #"{"token":"0123456789abcdef","endpoint":"x"}"#,
    ])
    func `a configuration that cannot work is refused`(configuration: String) throws {
        #expect(try HostSession(.webhook, configuration: configuration).openOutcome == KT_INVALID_CONFIG)
    }

    @Test func `inspect takes the key ID that the receiver names`() throws {
        let held = Reply.status(200, #"{"key-id":"AKIAOLD1"}"#)
        let end = try session().inspect(target, [held])
        #expect(end.report?.keyID == "AKIAOLD1" && end.lines == ["GET \(base)/hooks/app"])
        let silent = try session().inspect(target, [yes])
        silent.expect(KT_OK, "Webhook: /hooks/app: the receiver does not say which key it holds")
        #expect(silent.report?.keyID == "")
        for vague in [Reply.status(200), .status(200, "{}"), .status(200, "fine"), .status(202)] {
            #expect(try session().inspect(target, [vague]).outcome == KT_RETRYABLE)
            #expect(try session().check(target, [vague]).outcome == KT_RETRYABLE)
        }
        #expect(try session().inspect(target, [.status(405)]).outcome == KT_INVALID_CONFIG)
    }

    @Test func `each answer ends as the README says`() throws {
        try Page(library: .webhook).expect(
            "answers", AnswerRow.head + rows.map { try $0.made(by: .webhook, configuration: configuration) })
    }

    @Test func `the fields are the manifest's`() throws {
        let page = Page(library: try .webhook)
        try page.expect("fields", page.fields())
    }

    private var rows: [AnswerRow] {
        func row(_ answer: String, _ reply: Reply, _ question: AnswerRow.Question = .push) -> AnswerRow {
            AnswerRow(answer: answer, question: question, target: target, replies: [reply])
        }
        return [
            row("200, 201, 204", yes), row("202", .status(202)), row("203", .status(203)),
            row("200 with a web page", .status(200, "<html>sign in</html>")),
            row("302", .status(302, "", ["location": "https://elsewhere.example/"])),
            row("400, 422", .status(422, #"{"message":"unknown path"}"#)),
            row("401, 403", .status(401, #"{"error":"wrong signature"}"#)),
            row("404", .status(404, "not here", ["content-type": "text/plain"])),
            row("409", .status(409, #"{"message":"frozen"}"#)),
            row("410", .status(410)), row("429 with Retry-After", .status(429, "", ["retry-after": "5"])),
            row("500, 502, 503", .status(502)), row("no connection", .error(KT_HTTP_UNREACHABLE, "connection refused")),
            row("nothing in time", .error(KT_HTTP_TIMED_OUT, "30 s")), row("204", yes, .check),
            row("405, 501", .status(405), .check),
            row("401, 403", .status(403, #"{"error":"wrong signature"}"#), .check),
            row("404", .status(404), .check),
            row("200 with `key-id`", .status(200, #"{"key-id":"AKIAOLD1"}"#), .inspect),
            row("204", yes, .inspect),
        ]
    }
}
