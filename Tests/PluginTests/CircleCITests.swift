import CKeyturnPusher
import Testing

private let names = #""access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#
private let project = #"{"project":"gh/acme/app",\#(names)}"#
private let context = #"{"context":"deploy","owner":"gh/acme",\#(names)}"#
private let contextID = "0e8c6d1a-5b2f-4c3d-9e7f-1a2b3c4d5e6f"

/// A page of variables, or of contexts.
private func page(_ items: String..., next: String? = nil) -> Reply {
    let token = next.map { "\"\($0)\"" } ?? "null"
    return .status(200, #"{"items":[\#(items.joined(separator: ","))],"next_page_token":\#(token)}"#)
}

private func variable(_ name: String, _ shown: String, at: String = "2026-11-28T10:00:00.000Z") -> String {
    #"{"name":"\#(name)","value":"\#(shown)","created-at":"\#(at)"}"#
}

private func entry(_ name: String, _ shown: String?, at: String = "2026-11-28T10:00:00.000Z") -> String {
    let end = shown.map { #","truncated_value":"\#($0)""# } ?? ""
    return #"{"variable":"\#(name)","context_id":"\#(contextID)","created_at":"\#(at)","updated_at":"\#(at)"\#(end)}"#
}

private func message(_ status: UInt32, _ text: String, _ headers: [String: String] = [:]) -> Reply {
    .status(status, #"{"message":"\#(text)"}"#, headers)
}

private let secret = Reply.status(201, variable("AWS_SECRET_ACCESS_KEY", #"xxxx\\KEY"#))
private let id = Reply.status(201, variable("AWS_ACCESS_KEY_ID", "xxxxMPLE"))
private let oldID = variable("AWS_ACCESS_KEY_ID", "xxxxOLD1")
private let contexts = page(#"{"id":"\#(contextID)","name":"deploy","created_at":"2026-01-01T00:00:00Z"}"#)
private let put = Reply.status(200, entry("AWS_ACCESS_KEY_ID", nil))
private let putSecret = Reply.status(200, entry("AWS_SECRET_ACCESS_KEY", nil))

@Suite("CircleCI") struct CircleCITests {
    private func push(_ target: String, _ replies: Reply...) throws -> Ending {
        try HostSession(.circleci).push(target, replies)
    }

    @Test func `a project's variables are created, the secret first, and the end of the key ID is the evidence`() throws
    {
        let end = try push(project, page(oldID), secret, id)
        end.expect(KT_OK, "CircleCI: gh/acme/app: AWS_ACCESS_KEY_ID written (201), AWS_SECRET_ACCESS_KEY written (201)")
        #expect(end.report?.evidence == KT_EVIDENCE_LAST_FOUR)
        #expect(end.report?.changedAt == "2026-11-28T10:00:00.000Z")
        let address = "https://circleci.com/api/v2/project/gh/acme/app/envvar"
        #expect(end.lines == ["GET \(address)", "POST \(address)", "POST \(address)"])
        #expect(
            end.requests[1].body
                == #"{"name":"AWS_SECRET_ACCESS_KEY","value":"wJalrXUtnFEMI/K7MDENG+bPxRfiCY\"EXAMPLE\\KEY"}"#)
        #expect(end.requests[2].body == #"{"name":"AWS_ACCESS_KEY_ID","value":"AKIAIOSFODNN7EXAMPLE"}"#)
    }

    @Test func `where the ends of both key IDs are alike, nothing was seen`() throws {
        let end = try push(project, page(variable("AWS_ACCESS_KEY_ID", "xxxxMPLE")), secret, id)
        #expect(end.outcome == KT_OK && end.report?.evidence == KT_EVIDENCE_ACKNOWLEDGED)
        let silent = try push(
            project, page(), .status(201, variable("AWS_SECRET_ACCESS_KEY", "xxxx")),
            .status(201, variable("AWS_ACCESS_KEY_ID", "xxxx")))
        #expect(silent.outcome == KT_OK && silent.report?.evidence == KT_EVIDENCE_ACKNOWLEDGED)
    }

    @Test func `a variable that cannot be written over is deleted and created`() throws {
        let taken = message(400, "env var already exists")
        let end = try push(
            project, page(oldID), taken, message(200, "ok"), secret, taken, message(200, "ok"), id)
        #expect(end.outcome == KT_OK)
        #expect(end.lines[2] == "DELETE https://circleci.com/api/v2/project/gh/acme/app/envvar/AWS_SECRET_ACCESS_KEY")
        let other = try push(project, page(), message(400, "Invalid name"))
        other.expect(KT_INVALID_CONFIG, "CircleCI: AWS_SECRET_ACCESS_KEY in gh/acme/app: 400 (Invalid name)")
        #expect(other.requests.count == 2)
    }

    @Test func `an answer that shows another value's end confirms nothing`() throws {
        let wrong = Reply.status(201, variable("AWS_ACCESS_KEY_ID", "xxxxOLD1"))
        try push(project, page(), secret, wrong).expect(KT_RETRYABLE, "CircleCI: AWS_ACCESS_KEY_ID in gh/acme/app: 201")
        let other = Reply.status(201, variable("OTHER", "xxxxMPLE"))
        try push(project, page(), secret, other).expect(KT_RETRYABLE, "CircleCI: AWS_ACCESS_KEY_ID", "another variable")
    }

    @Test func `a context is found by its name, written by its ID, and read again`() throws {
        let end = try push(
            context, contexts, page(entry("AWS_ACCESS_KEY_ID", "OLD1", at: "2026-11-01T00:00:00Z")), putSecret, put,
            page(entry("OTHER", "abcd"), next: "2"),
            page(entry("AWS_ACCESS_KEY_ID", "MPLE"), entry("AWS_SECRET_ACCESS_KEY", #"\\KEY"#)))
        end.expect(KT_OK, "CircleCI: context deploy of gh/acme: AWS_ACCESS_KEY_ID written (200)")
        #expect(end.report?.evidence == KT_EVIDENCE_LAST_FOUR)
        #expect(end.report?.changedAt == "2026-11-28T10:00:00.000Z")
        let base = "https://circleci.com/api/v2/context"
        #expect(
            end.lines == [
                "GET \(base)?owner-slug=gh%2Facme&name=deploy", "GET \(base)/\(contextID)/environment-variable",
                "PUT \(base)/\(contextID)/environment-variable/AWS_SECRET_ACCESS_KEY",
                "PUT \(base)/\(contextID)/environment-variable/AWS_ACCESS_KEY_ID",
                "GET \(base)/\(contextID)/environment-variable",
                "GET \(base)/\(contextID)/environment-variable?page-token=2",
            ])
        #expect(end.requests[3].body == #"{"value":"AKIAIOSFODNN7EXAMPLE"}"#)
    }

    @Test func `a context's time of writing is the evidence where the ends are alike`() throws {
        let byID = #"{"context":"\#(contextID)",\#(names)}"#
        let after = page(entry("AWS_ACCESS_KEY_ID", "MPLE"), entry("AWS_SECRET_ACCESS_KEY", nil))
        let earlier = page(entry("AWS_ACCESS_KEY_ID", "MPLE", at: "2026-11-01T00:00:00Z"))
        let end = try push(byID, earlier, message(200, "updated"), message(200, "updated"), after)
        #expect(end.outcome == KT_OK && end.report?.evidence == KT_EVIDENCE_TIMESTAMP)
        let same = try push(byID, after, putSecret, put, after)
        #expect(same.report?.evidence == KT_EVIDENCE_ACKNOWLEDGED)
        let gone = try push(byID, earlier, putSecret, put, page(entry("AWS_ACCESS_KEY_ID", "MPLE")))
        gone.expect(KT_RETRYABLE, "CircleCI: context \(contextID): 200", "does not show")
    }

    @Test func `a context that is not there, or there twice, is named`() throws {
        try push(context, page(#"{"id":"\#(contextID)","name":"deploy-2"}"#)).expect(
            KT_NOT_FOUND, "CircleCI: context deploy of gh/acme: there is no such context")
        let twice = page(#"{"id":"\#(contextID)","name":"deploy"}"#, #"{"id":"\#(contextID)","name":"deploy"}"#)
        try push(context, twice).expect(KT_CONFLICT, "CircleCI: context deploy of gh/acme: CircleCI names 2")
        let strange = page(#"{"id":"../../me","name":"deploy"}"#)
        #expect(try push(context, strange).requests.count == 1, "an ID that is none is put into no address")
    }

    @Test func `a list that does not end is left`() throws {
        let session = try HostSession(.circleci)
        session.answering = { _ in page(oldID, next: "again") }
        let end = session.push(project, [])
        end.expect(KT_INTERNAL, "CircleCI: gh/acme/app: the list does not end")
        #expect(end.requests.count == 100)
    }

    @Test func `inspect shows the end of the key ID and the time`() throws {
        let session = try HostSession(.circleci)
        let end = session.inspect(context, [contexts, page(entry("AWS_ACCESS_KEY_ID", "MPLE"))])
        end.expect(KT_OK, "CircleCI: AWS_ACCESS_KEY_ID in context deploy of gh/acme: its value ends in MPLE")
        #expect(end.report?.keyID == "*MPLE" && end.report?.changedAt == "2026-11-28T10:00:00.000Z")
        // Of a value that is too short CircleCI shows nothing.
        #expect(session.inspect(context, [contexts, page(entry("AWS_ACCESS_KEY_ID", "LE"))]).report?.keyID == "")
        session.inspect(project, [page()]).expect(
            KT_NOT_FOUND, "CircleCI: AWS_ACCESS_KEY_ID in gh/acme/app: there is no")
    }

    @Test func `each answer ends as the README says`() throws {
        try Page(library: .circleci).expect("answers", AnswerRow.head + rows.map { try $0.made(by: .circleci) })
    }

    @Test func `the fields are the manifest's`() throws {
        let page = Page(library: try .circleci)
        try page.expect("fields", page.fields())
    }

    private var rows: [AnswerRow] {
        func row(_ answer: String, _ target: String = project, _ replies: Reply...) -> AnswerRow {
            AnswerRow(answer: answer, target: target, replies: replies)
        }
        return [
            row("201 with both variables", project, page(oldID), secret, id),
            row(
                "201, and both key IDs end alike", project, page(variable("AWS_ACCESS_KEY_ID", "xxxxMPLE")), secret, id),
            row(
                "200 with both of a context", context, contexts, page(), putSecret, put,
                page(
                    entry("AWS_ACCESS_KEY_ID", "MPLE"), entry("AWS_SECRET_ACCESS_KEY", nil))),
            row(
                "201 with another value's end", project, page(), secret,
                .status(201, variable("AWS_ACCESS_KEY_ID", "xxxxOLD1"))),
            row("a list without the context", context, page()),
            row("400", project, page(), message(400, "Invalid name")),
            row("401", project, message(401, "You must log in first.")),
            row("403 for a project", project, page(), message(403, "Permission denied")),
            row("403 for a context", context, message(403, "Forbidden")),
            row("404", project, message(404, "Project not found")),
            row("429 with Retry-After", project, message(429, "Rate limit exceeded", ["retry-after": "20"])),
            row("500, 502, 503", project, message(502, "Bad gateway")),
            row("200 with a web page", project, .status(200, "<html>sign in</html>")),
            row("302 to a sign-in page", project, .status(302, "", ["location": "https://circleci.com/login"])),
            row("no connection", project, .error(KT_HTTP_UNREACHABLE, "connection refused")),
            AnswerRow(answer: "200", question: .check, target: project, replies: [page(oldID)]),
            AnswerRow(answer: "200", question: .inspect, target: project, replies: [page(oldID)]),
            AnswerRow(answer: "200 without the variable", question: .inspect, target: project, replies: [page()]),
        ]
    }
}
