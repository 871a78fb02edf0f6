import CKeyturnPusher
import Testing

@Suite struct GitHubActionsTests {
    private static let names =
        #""access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#
    private let target = #"{"repository":"acme/app",\#(names)}"#
    private let base = "https://api.github.com/repos/acme/app/actions/secrets"
    private let subject = "GitHub: acme/app: "
    private let idSubject = "GitHub: AWS_ACCESS_KEY_ID in acme/app: "
    private let secretSubject = "GitHub: AWS_SECRET_ACCESS_KEY in acme/app: "
    private let box = SealingKey()
    private let old = "2026-11-21T10:00:00Z"
    private let new = "2026-11-22T10:00:01Z"

    private var key: Reply {
        .status(200, #"{"key_id":"568250167242549743","key":"\#(box.publicKey)"}"#)
    }
    private let created = Reply.status(201, "{}", ["date": "Sun, 22 Nov 2026 10:00:00 GMT"])
    private let updated = Reply.status(204, "", ["date": "Sun, 22 Nov 2026 10:00:00 GMT"])
    private var before: Reply { list(id: old, secret: old) }
    private let noSecret = Reply.status(404, #"{"message":"Not Found"}"#)
    private let repository = Reply.status(200, #"{"archived":false}"#)

    private func secret(_ name: String, _ updatedAt: String, visibility: String? = nil) -> String {
        let visibility = visibility.map { #","visibility":"\#($0)""# } ?? ""
        return #"{"name":"\#(name)","created_at":"2020-01-01T00:00:00Z","updated_at":"\#(updatedAt)"\#(visibility)}"#
    }

    private func list(id: String, secret: String) -> Reply {
        let secrets = [
            self.secret("OTHER", new), self.secret("AWS_ACCESS_KEY_ID", id),
            self.secret("AWS_SECRET_ACCESS_KEY", secret),
        ]
        return .status(200, #"{"total_count":3,"secrets":[\#(secrets.joined(separator: ","))]}"#)
    }

    private func error(_ status: UInt32, _ message: String, _ headers: [String: String] = [:]) -> Reply {
        .status(status, #"{"message":"\#(message)","documentation_url":"https://docs.github.com"}"#, headers)
    }

    @Test func `secrets that are there are changed, with five requests in all`() throws {
        let replies = [key, before, updated, updated, list(id: new, secret: new)]
        let end = try HostSession(.github).push(target, replies)
        end.expect(KT_OK, subject + "AWS_ACCESS_KEY_ID updated (204), AWS_SECRET_ACCESS_KEY updated (204)")
        #expect(end.report?.evidence == KT_EVIDENCE_TIMESTAMP)
        #expect(end.report?.changedAt == new)
        #expect(
            end.lines == [
                "GET \(base)/public-key", "GET \(base)?per_page=100", "PUT \(base)/AWS_SECRET_ACCESS_KEY",
                "PUT \(base)/AWS_ACCESS_KEY_ID",
                "GET \(base)?per_page=100",
            ])
        for request in end.requests {
            #expect(request.headers["Authorization"] == "Bearer \(HostSession.token)")
            #expect(request.headers["Accept"] == "application/vnd.github+json")
            #expect(request.headers["X-GitHub-Api-Version"] == "2022-11-28")
            #expect(request.headers["User-Agent"] == "keyturn-github-actions/1.0.0")
        }
    }

    @Test func `what is sent can be opened by GitHub alone`() throws {
        let replies = [key, before, created, updated, list(id: new, secret: new)]
        let end = try HostSession(.github).push(target, replies)
        end.expect(KT_OK, subject, "ID updated (204), AWS_SECRET_ACCESS_KEY created (201)")
        #expect(box.open(end.requests[2]) == HostSession.secret)
        #expect(box.open(end.requests[3]) == HostSession.keyID)
        #expect(end.requests[2].body.hasSuffix(#""key_id":"568250167242549743"}"#))
        #expect(!end.requests.contains { $0.body.contains("EXAMPLE") })
    }

    @Test func `the public key is asked for once, by a check or a push`() throws {
        let session = try HostSession(.github)
        let replies = [before, updated, updated, list(id: new, secret: new)]
        session.check(target, [repository, key, list(id: old, secret: old)]).expect(KT_OK, subject)
        for _ in 0..<2 {
            let end = session.push(target, replies)
            end.expect(KT_OK, subject)
            #expect(end.requests.count == 4 && end.unused == 0)
            #expect(box.open(end.requests[1]) == HostSession.secret)
        }
        let other = session.push(#"{"repository":"acme/other",\#(Self.names)}"#, [key] + replies)
        other.expect(KT_OK, "GitHub: acme/other: ")
    }

    @Test func `a public key that GitHub does not know any more is asked for again, once`() throws {
        let session = try HostSession(.github)
        let wrong = error(422, "Bad request - the key ID is invalid")
        #expect(session.push(target, [key, before, updated, updated, list(id: new, secret: new)]).outcome == KT_OK)
        let other = SealingKey()
        let next = Reply.status(200, #"{"key_id":"7","key":"\#(other.publicKey)"}"#)
        let end = session.push(target, [before, wrong, next, updated, updated, list(id: new, secret: new)])
        end.expect(KT_OK, subject)
        #expect(other.open(end.requests[3]) == HostSession.secret && other.open(end.requests[4]) == HostSession.keyID)
        let same = session.push(target, [before, wrong, next])
        same.expect(KT_INVALID_CONFIG, secretSubject + "422 (Bad request")
        #expect(same.requests.count == 3 && same.unused == 0)
        // A key that was asked for just now is not at fault.
        #expect(try HostSession(.github).push(target, [key, before, wrong]).requests.count == 3)
    }

    @Test func `an environment's secrets have a path of their own, with its slash encoded`() throws {
        let target =
            #"{"repository":"acme/app","environment":"prod/eu","access-key-id":"deploy_id","#
            + #""secret-access-key":"deploy_secret"}"#
        let listed = [secret("DEPLOY_ID", new), secret("DEPLOY_SECRET", new)].joined(separator: ",")
        let end = try HostSession(.github).push(
            target,
            [
                key, .status(200, #"{"total_count":0,"secrets":[]}"#), created, created,
                .status(200, #"{"total_count":2,"secrets":[\#(listed)]}"#),
            ])
        end.expect(
            KT_OK, "GitHub: acme/app (environment prod/eu): deploy_id created (201), deploy_secret created (201)")
        #expect(
            end.lines[2] == "PUT https://api.github.com/repos/acme/app/environments/prod%2Feu/secrets/deploy_secret")
    }

    @Test func `Dependabot's secrets are looked at one by one`() throws {
        let target = #"{"repository":"acme/app","kind":"dependabot",\#(Self.names)}"#
        let end = try HostSession(.github).push(
            target,
            [
                key, .status(200, secret("AWS_ACCESS_KEY_ID", old)), noSecret, updated, created,
                .status(200, secret("AWS_ACCESS_KEY_ID", new)), .status(200, secret("AWS_SECRET_ACCESS_KEY", new)),
            ])
        end.expect(KT_OK, "GitHub: acme/app (dependabot): ")
        #expect(end.report?.evidence == KT_EVIDENCE_TIMESTAMP)
        #expect(end.lines[1] == "GET https://api.github.com/repos/acme/app/dependabot/secrets/AWS_ACCESS_KEY_ID")
    }

    @Test func `who sees an organization's secret stays as it is, and is read before the first write`() throws {
        let target = #"{"organization":"acme",\#(Self.names)}"#
        let end = try HostSession(.github).push(
            target,
            [
                key, noSecret, .status(200, secret("AWS_SECRET_ACCESS_KEY", old, visibility: "selected")),
                .status(200, #"{"total_count":2,"repositories":[{"id":11}]}"#),
                .status(200, #"{"total_count":2,"repositories":[{"id":12}]}"#), updated, created,
                .status(200, secret("AWS_ACCESS_KEY_ID", new, visibility: "private")),
                .status(200, secret("AWS_SECRET_ACCESS_KEY", new, visibility: "selected")),
            ])
        end.expect(KT_OK, "GitHub: organization acme: AWS_ACCESS_KEY_ID created (201), AWS_SECRET")
        try #require(end.requests.count == 9)
        #expect(end.requests[5].body.hasSuffix(#""visibility":"selected","selected_repository_ids":[11,12]}"#))
        #expect(end.requests[6].body.hasSuffix(#""visibility":"private"}"#))
    }

    @Test func `an organization's secret is not touched where its access is not known`() throws {
        let target = #"{"organization":"acme",\#(Self.names)}"#
        try HostSession(.github).push(target, [key, noSecret, .status(200, secret("AWS_SECRET_ACCESS_KEY", old))])
            .expect(KT_RETRYABLE, "GitHub: AWS_SECRET_ACCESS_KEY in organization acme: ", "not touched")
        let end = try HostSession(.github).push(
            target,
            [
                key, noSecret, .status(200, secret("AWS_SECRET_ACCESS_KEY", old, visibility: "selected")),
                .status(200, #"{"total_count":2,"repositories":[]}"#),
            ])
        end.expect(KT_INVALID_CONFIG, "GitHub: AWS_SECRET_ACCESS_KEY in organization acme: ", "not whole")
        #expect(end.requests.count == 4)
    }

    @Test func `a list that lags is looked at again, and is no reason to write again`() throws {
        let writes = [key, before, updated, updated]
        let none = Reply.status(200, #"{"total_count":0,"secrets":[]}"#)
        for first in [before, none, list(id: old, secret: new), list(id: new, secret: old)] {
            let end = try HostSession(.github).push(target, writes + [first, list(id: new, secret: new)])
            end.expect(KT_OK, subject)
            #expect(end.report?.evidence == KT_EVIDENCE_TIMESTAMP && end.report?.changedAt == new)
        }
        for last in [before, none, list(id: "yesterday", secret: new), .status(200, "{"), .status(502)] {
            let end = try HostSession(.github).push(target, writes + [last, last, last, last])
            end.expect(KT_OK, subject, "GitHub does not show the times of these writes yet")
            #expect(end.report?.evidence == KT_EVIDENCE_ACKNOWLEDGED && end.report?.changedAt == "")
            #expect(end.requests.count { $0.method == "PUT" } == 2)
        }
    }

    @Test(arguments: ["2020-01-01T00:00:00Z", "2036-01-01T00:00:00.250Z", "2026-11-22T11:00:00+01:00"])
    func `no clock plays a part in the evidence: a time that changed is a write`(time: String) throws {
        for date in ["Sun, 22 Nov 2026 10:00:00 GMT", "Tue, 22 Nov 2016 10:00:00 GMT", "nonsense"] {
            let yes = Reply.status(204, "", ["date": date])
            let end = try HostSession(.github).push(target, [key, before, yes, yes, list(id: time, secret: time)])
            end.expect(KT_OK, subject)
            #expect(end.report?.evidence == KT_EVIDENCE_TIMESTAMP)
        }
    }

    @Test func `a place that cannot be read is not half written`() throws {
        let end = try HostSession(.github).push(target, [key, .status(502)])
        end.expect(KT_RETRYABLE, subject)
        #expect(end.requests.allSatisfy { $0.method == "GET" })
    }

    @Test(arguments: [
        "", "{", "[]", "{}", #"{"key_id":"1","key":""}"#, #"{"key_id":"1","key":"AAAA"}"#,
        #"{"key_id":"1","key":"%%"}"#,
        "<html>",
    ])
    func `a public key that is none seals nothing`(body: String) throws {
        let end = try HostSession(.github).push(target, [.status(200, body)])
        end.expect(KT_RETRYABLE, subject)
        #expect(end.requests.count == 1)
    }

    @Test func `an answer that is not understood is never a yes`() throws {
        try HostSession(.github).push(target, [key, before, .status(200, "<html>")]).expect(
            KT_RETRYABLE, secretSubject + "200")
        try HostSession(.github).push(target, [key, before, .status(203)]).expect(KT_RETRYABLE, secretSubject + "203")
        try HostSession(.github).push(target, [key, before, .status(202)]).expect(KT_RETRYABLE, secretSubject + "202")
        let page = Reply.status(204, "", ["content-type": "text/html; charset=utf-8"])
        try HostSession(.github).push(target, [key, before, page]).expect(KT_RETRYABLE, secretSubject + "204")
    }

    @Test func `a refused token or a missing permission says which token to make`() throws {
        try HostSession(.github).push(target, [error(401, "Bad credentials")])
            .expect(KT_UNAUTHORIZED, subject + "401 (Bad credentials): ", "write access to Secrets")
        let lacking = error(
            403, "Resource not accessible by integration",
            ["x-accepted-github-permissions": "secrets=write", "x-ratelimit-remaining": "4999"])
        try HostSession(.github).push(target, [key, before, lacking])
            .expect(KT_UNAUTHORIZED, secretSubject + "403 (Resource not accessible by integration): ", "secrets=write")
        try HostSession(.github).push(target, [error(403, "SAML", ["x-github-sso": "required; url=x"])])
            .expect(KT_UNAUTHORIZED, subject + "403 (SAML): ", "single sign-on")
    }

    @Test func `a missing repository or environment is not found`() throws {
        try HostSession(.github).push(target, [error(404, "Not Found")])
            .expect(KT_NOT_FOUND, subject + "404 (Not Found): ", "token may not see it")
    }

    @Test func `conflicts and refusals have the outcome of their status`() throws {
        try HostSession(.github).push(target, [key, before, error(409, "busy")]).expect(
            KT_CONFLICT, secretSubject + "409 (busy): ")
        let details =
            #"{"message":"Validation Failed","errors":[{"resource":"Secret","field":"name","code":"invalid"}]}"#
        try HostSession(.github).push(target, [key, before, .status(422, details)])
            .expect(KT_INVALID_CONFIG, secretSubject + "422 (Validation Failed; name invalid): ")
        try HostSession(.github).push(target, [key, before, error(400, "Problems parsing JSON")])
            .expect(KT_INVALID_CONFIG, secretSubject + "400 (Problems parsing JSON): ")
    }

    @Test(arguments: [500, 502, 503]) func `a fault of the service passes`(status: UInt32) throws {
        try HostSession(.github).push(target, [key, before, updated, .status(status)])
            .expect(KT_RETRYABLE, idSubject + "\(status): ")
    }

    @Test func `a moved repository is named by its new name`() throws {
        let moved = error(
            301, "Moved Permanently", ["location": "https://api.github.com/repositories/9/actions/secrets/public-key"])
        let end = try HostSession(.github).push(target, [moved, .status(200, #"{"id":9,"full_name":"acme/new"}"#)])
        end.expect(
            KT_INVALID_CONFIG,
            subject + "301 (Moved Permanently): the repository has moved: set repository: acme/new in the target")
        #expect(end.lines.last == "GET https://api.github.com/repositories/9")
        let named = error(307, "", ["location": "https://api.github.com/repos/acme/new/actions/secrets"])
        try HostSession(.github).push(target, [named]).expect(KT_INVALID_CONFIG, subject, "set repository: acme/new")
        try HostSession(.github).push(target, [moved, error(404, "Not Found")])
            .expect(KT_INVALID_CONFIG, subject + "301", "redirected to https://api.github.com/repositories/9/")
        let elsewhere = error(301, "Moved Permanently", ["location": "https://x.example/9"])
        try HostSession(.github).push(target, [elsewhere])
            .expect(KT_INVALID_CONFIG, subject + "301 (Moved Permanently): redirected to https://x.example/9; check")
    }

    @Test(arguments: [
        (429, "no", ["retry-after": "30"], 30_000), (403, "no", ["retry-after": "30"], 30_000),
        (403, "no", ["x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795341700"], 101_000),
        (
            403, "no",
            ["x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795341700", "date": "Sun, 22 Nov 2026 10:01:00 GMT"],
            41_000
        ),
        (429, "no", ["x-ratelimit-remaining": "0", "x-ratelimit-reset": "-9223372036854775808"], 60_000),
        (429, "no", ["x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"], 1_000),
        (429, "no", ["x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"], 60_000),
        (429, "no", ["x-ratelimit-remaining": "7", "x-ratelimit-reset": "1795341700"], 60_000),
        (429, "no", ["x-ratelimit-reset": "1795341700000"], 101_000),
        (403, "You have triggered an abuse detection mechanism.", [:], 60_000),
        (403, "You have exceeded a secondary rate limit.", [:], 60_000), (429, "no", [:], 60_000),
        (429, "no", ["retry-after": "Sun, 22 Nov 2026 10:00:20 GMT", "date": "Sun, 22 Nov 2026 10:00:00 GMT"], 20_000),
    ])
    func `a rate limit has the time that GitHub says, else a minute`(
        status: UInt32, text: String, headers: [String: String], expected: Int64
    ) throws {
        let end = try HostSession(.github).push(target, [key, before, error(status, text, headers)])
        end.expect(KT_RATE_LIMITED, secretSubject + "\(status) (\(text)): rate limit")
        #expect(end.report?.retryAfter == expected)
    }

    @Test(arguments: [
        #"{\#(names)}"#, #"{"repository":"acme",\#(names)}"#, #"{"repository":"a/b/c",\#(names)}"#,
        #"{"repository":"/b",\#(names)}"#, #"{"repository":"a/b","organization":"a",\#(names)}"#,
        #"{"organization":"a","environment":"e",\#(names)}"#,
        #"{"repository":"a/b","environment":"e","kind":"dependabot",\#(names)}"#,
        #"{"repository":"a/b","kind":"pages",\#(names)}"#,
    ])
    func `a target is one repository, environment or organization`(target: String) throws {
        let end = try HostSession(.github).push(target, [])
        end.expect(KT_INVALID_CONFIG, "the target's fields: ")
        #expect(end.requests.isEmpty)
    }

    @Test func `inspect cannot read the key ID, but says when the newer of both was written`() throws {
        for pair in [(old, new), (new, old), ("2026-11-22T11:00:01+01:00", old)] {
            let end = try HostSession(.github).inspect(target, [list(id: pair.0, secret: pair.1)])
            end.expect(KT_OK, idSubject, "last written \(new)")
            #expect(end.report?.keyID == "" && end.report?.changedAt == new)
        }
        try HostSession(.github).inspect(target, [.status(200, #"{"total_count":0,"secrets":[]}"#)])
            .expect(KT_NOT_FOUND, idSubject)
    }
}
