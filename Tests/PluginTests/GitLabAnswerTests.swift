import CKeyturnPusher
import Testing

/// What GitLab, and what is in front of it, answer now and then.
@Suite struct GitLabAnswerTests {
    private static let names =
        #""access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#
    private let target = #"{"project":"acme/app",\#(names)}"#
    private let group = #"{"group":"acme","environment-scope":"production",\#(names)}"#
    private let subject = "GitLab: AWS_SECRET_ACCESS_KEY in acme/app: "
    private let groupSubject = "GitLab: AWS_SECRET_ACCESS_KEY in group acme (scope production): "
    private let base = "https://gitlab.com/api/v4/groups/acme/variables"
    private let html = ["content-type": "text/html; charset=utf-8"]

    private func variable(_ key: String, _ value: String, scope: String = "*") -> String {
        #"{"variable_type":"env_var","key":"\#(key)","value":\#(value),"hidden":false,"masked":true,"#
            + #""environment_scope":"\#(scope)"}"#
    }

    private let secretText = #""wJalrXUtnFEMI\/K7MDENG+bPxRfiCY\"EXAMPLE\\KEY""#

    private func message(_ status: UInt32, _ text: String) -> Reply { .status(status, #"{"message":"\#(text)"}"#) }

    @Test func `maintenance is not the token's fault`() throws {
        for text in [
            "403 Forbidden - You cannot perform write operations on a read-only instance",
            "GitLab is undergoing maintenance",
        ] {
            let end = try HostSession(.gitlab).push(target, [message(403, text)])
            end.expect(KT_RETRYABLE, subject + "403 (", "read-only at the moment")
            #expect(!end.message.contains("token"))
        }
        try HostSession(.gitlab).push(target, [message(503, "GitLab is in maintenance mode")])
            .expect(KT_RETRYABLE, subject + "503", "read-only at the moment")
    }

    @Test(arguments: [200, 302, 404, 403] as [UInt32]) func `a web page is not GitLab`(status: UInt32) throws {
        let page = Reply.status(
            status, "<!DOCTYPE HTML><title>Sign in</title>", html.merging(["location": "/users/sign_in"]) { $1 })
        for end in [
            try HostSession(.gitlab).push(target, [page]), try HostSession(.gitlab).inspect(target, [page]),
            try HostSession(.gitlab).check(target, [page]),
        ] {
            end.expect(
                status == 200 ? KT_RETRYABLE : KT_INVALID_CONFIG, "GitLab: ", "\(status): ", "check endpoint", "%2F")
            #expect(!end.message.contains("token") && end.requests.count == 1)
        }
    }

    @Test(arguments: [200, 302, 404, 403, 400, 405] as [UInt32])
    func `what a page answers to the second write leaves no half-written pair behind`(status: UInt32) throws {
        let written = Reply.status(200, variable("AWS_SECRET_ACCESS_KEY", secretText))
        let location = status == 302 ? ["location": "https://sso.example/login"] : [:]
        let end = try HostSession(.gitlab).push(
            target, [written, .status(status, "<html>sign in</html>", html.merging(location) { $1 })])
        end.expect(KT_RETRYABLE, "GitLab: AWS_ACCESS_KEY_ID in acme/app: \(status): ")
        let plain = try HostSession(.gitlab).push(target, [written, .status(400, "\u{1}garbage")])
        plain.expect(KT_RETRYABLE, "GitLab: AWS_ACCESS_KEY_ID in acme/app: 400")
    }

    @Test(arguments: [202, 203] as [UInt32]) func `only a 2xx of GitLab's own is a yes`(status: UInt32) throws {
        try HostSession(.gitlab).push(target, [.status(status, variable("AWS_SECRET_ACCESS_KEY", secretText))])
            .expect(KT_RETRYABLE, subject + "\(status)")
        try HostSession(.gitlab).push(target, [.status(200, variable("AWS_SECRET_ACCESS_KEY", secretText), html)])
            .expect(KT_RETRYABLE, subject + "200", "a web page answered")
    }

    @Test func `a group without scopes by its licence never gets the secret, and nothing is left behind`() throws {
        let trial = variable("AWS_SECRET_ACCESS_KEY", #""keyturn-writes-the-key-here""#)
        let session = try HostSession(.gitlab)
        let end = session.push(group, [.status(200, "[]"), .status(201, trial), .status(204)])
        end.expect(
            KT_CONFLICT, groupSubject + "201, but GitLab made it for scope * instead of production",
            "a matter of its licence", "deleted again", #"set environment-scope: "*""#)
        #expect(
            end.lines == [
                "GET \(base)?per_page=100&page=1", "POST \(base)",
                "DELETE \(base)/AWS_SECRET_ACCESS_KEY?filter%5Benvironment_scope%5D=%2A",
            ])
        #expect(!end.requests.contains { $0.body.contains("EXAMPLE") })
        // It is known from then on, by a check too: nothing is made again.
        for again in [session.push(group, []), session.check(group, [])] {
            again.expect(KT_CONFLICT, "GitLab: group acme (scope production): this GitLab takes no environment scopes")
            #expect(again.requests.isEmpty)
        }
        let kept = try HostSession(.gitlab).push(
            group, [.status(200, "[]"), .status(201, trial), message(403, "403 Forbidden")])
        kept.expect(KT_CONFLICT, groupSubject + "201", "could not be deleted again: delete it in the group's settings")
    }

    @Test func `a group without scopes whose variable is there for all is not tried for ever`() throws {
        let there = Reply.status(200, "[\(variable("AWS_SECRET_ACCESS_KEY", "null"))]")
        let taken = Reply.status(400, #"{"message":{"key":["(AWS_SECRET_ACCESS_KEY) has already been taken"]}}"#)
        let end = try HostSession(.gitlab).push(group, [there, taken])
        end.expect(KT_CONFLICT, groupSubject + "400: ", "licence", "nothing was changed")
        #expect(!end.requests.contains { $0.body.contains("EXAMPLE") })
    }

    @Test func `a group with scopes gets the pair, after one trial`() throws {
        let trial = variable("AWS_SECRET_ACCESS_KEY", #""keyturn-writes-the-key-here""#, scope: "production")
        let end = try HostSession(.gitlab).push(
            group,
            [
                .status(200, "[]"), .status(201, trial),
                .status(200, variable("AWS_SECRET_ACCESS_KEY", secretText, scope: "production")),
                .status(201, variable("AWS_ACCESS_KEY_ID", "\"\(HostSession.keyID)\"", scope: "production")),
            ])
        end.expect(
            KT_OK, "GitLab: group acme (scope production): AWS_ACCESS_KEY_ID created (201), AWS_SECRET_ACCESS_KEY")
        #expect(end.report?.evidence == KT_EVIDENCE_READ_BACK && end.unused == 0)
        #expect(end.requests.map(\.method) == ["GET", "POST", "PUT", "POST"])
    }

    @Test func `check says that scopes take a licence, where no variable shows that they are there`() throws {
        let text = "take GitLab Premium"
        let none = try HostSession(.gitlab).check(group, [.status(200, "[]")])
        none.expect(KT_OK, "GitLab: group acme", text)
        let some = try HostSession(.gitlab).check(group, [.status(200, "[\(variable("X", "null", scope: "dev"))]")])
        #expect(!some.message.contains(text))
    }

    @Test(arguments: [
        (#"["api"]"#, "2026-11-25", KT_OK, "expires in 2 days, at 2026-11-25T00:00:00Z"),
        (#"["api"]"#, "2027-11-25", KT_OK, "has scope api;"),
        (#"["read_api"]"#, "2027-11-25", KT_UNAUTHORIZED, "the token has scope read_api, which is not enough"),
    ])
    func `check says what GitLab says about the token`(
        scopes: String, end: String, outcome: kt_outcome, text: String
    ) throws {
        let session = try HostSession(.gitlab)
        let token = Reply.status(200, #"{"id":1,"scopes":\#(scopes),"expires_at":"\#(end)","active":true}"#)
        session.check(target, [.status(200, "[]"), token]).expect(outcome, "GitLab: acme/app: ", text)
        // It is asked for once.
        let again = session.check(target, [.status(200, "[]")])
        again.expect(outcome, "GitLab: acme/app: ", text)
        #expect(again.requests.count == 1)
    }

    @Test func `an endpoint with the path of the API is refused with the right one`() throws {
        let session = try HostSession(
            .gitlab, configuration: #"{"token":"t0ken-0123","endpoint":"https://git.example.com/gitlab/api/v4/"}"#)
        #expect(session.openOutcome == KT_INVALID_CONFIG)
        #expect(session.report?.message.hasSuffix("set endpoint: https://git.example.com/gitlab") == true)
    }
}
