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

    @Test func `secrets that are there are changed, with four requests in all`() throws {
        let replies = [key, updated, updated, list(id: new, secret: new)]
        let end = try HostSession(.github).push(target, replies)
        end.expect(KT_OK, subject + "AWS_ACCESS_KEY_ID updated (204), AWS_SECRET_ACCESS_KEY updated (204)")
        #expect(end.report?.evidence == KT_EVIDENCE_TIMESTAMP)
        #expect(end.report?.changedAt == new)
        #expect(
            end.lines == [
                "GET \(base)/public-key", "PUT \(base)/AWS_SECRET_ACCESS_KEY", "PUT \(base)/AWS_ACCESS_KEY_ID",
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
        let replies = [key, created, updated, list(id: new, secret: new)]
        let end = try HostSession(.github).push(target, replies)
        end.expect(KT_OK, subject, "ID updated (204), AWS_SECRET_ACCESS_KEY created (201)")
        #expect(box.open(end.requests[1]) == HostSession.secret)
        #expect(box.open(end.requests[2]) == HostSession.keyID)
        #expect(end.requests[1].body.hasSuffix(#""key_id":"568250167242549743"}"#))
        #expect(!end.requests.contains { $0.body.contains("EXAMPLE") })
    }

    @Test func `the public key is asked for once, by a check or a push`() throws {
        let session = try HostSession(.github)
        let replies = [updated, updated, list(id: new, secret: new)]
        session.check(target, [repository, key, list(id: old, secret: old)]).expect(KT_OK, subject)
        for _ in 0..<2 {
            let end = session.push(target, replies)
            end.expect(KT_OK, subject)
            #expect(end.requests.count == 3 && end.unused == 0)
            #expect(box.open(end.requests[0]) == HostSession.secret)
        }
        let other = session.push(#"{"repository":"acme/other",\#(Self.names)}"#, [key] + replies)
        other.expect(KT_OK, "GitHub: acme/other: ")
    }

    @Test func `a public key that GitHub does not know any more is asked for again, once`() throws {
        let session = try HostSession(.github)
        let wrong = error(422, "Bad request - the key ID is invalid")
        #expect(session.push(target, [key, updated, updated, list(id: new, secret: new)]).outcome == KT_OK)
        let other = SealingKey()
        let next = Reply.status(200, #"{"key_id":"7","key":"\#(other.publicKey)"}"#)
        let end = session.push(target, [wrong, next, updated, updated, list(id: new, secret: new)])
        end.expect(KT_OK, subject)
        #expect(other.open(end.requests[2]) == HostSession.secret && other.open(end.requests[3]) == HostSession.keyID)
        let same = session.push(target, [wrong, next])
        same.expect(KT_INVALID_CONFIG, secretSubject + "422 (Bad request")
        #expect(same.requests.count == 2 && same.unused == 0)
        // A key that was asked for just now is not at fault.
        #expect(try HostSession(.github).push(target, [key, wrong]).requests.count == 2)
    }

    @Test func `an environment's secrets have a path of their own, with its slash encoded`() throws {
        let target =
            #"{"repository":"acme/app","environment":"prod/eu","access-key-id":"deploy_id","#
            + #""secret-access-key":"deploy_secret"}"#
        let listed = [secret("DEPLOY_ID", new), secret("DEPLOY_SECRET", new)].joined(separator: ",")
        let end = try HostSession(.github).push(
            target,
            [key, created, created, .status(200, #"{"total_count":2,"secrets":[\#(listed)]}"#)])
        end.expect(
            KT_OK, "GitHub: acme/app (environment prod/eu): deploy_id created (201), deploy_secret created (201)")
        #expect(
            end.lines[1] == "PUT https://api.github.com/repos/acme/app/environments/prod%2Feu/secrets/deploy_secret")
    }

    @Test func `Dependabot's secrets are looked at one by one`() throws {
        let target = #"{"repository":"acme/app","kind":"dependabot",\#(Self.names)}"#
        let end = try HostSession(.github).push(
            target,
            [
                key, updated, updated, .status(200, secret("AWS_ACCESS_KEY_ID", new)),
                .status(200, secret("AWS_SECRET_ACCESS_KEY", new)),
            ])
        end.expect(KT_OK, "GitHub: acme/app (dependabot): ")
        #expect(end.report?.evidence == KT_EVIDENCE_TIMESTAMP)
        #expect(end.lines[3] == "GET https://api.github.com/repos/acme/app/dependabot/secrets/AWS_ACCESS_KEY_ID")
    }

    @Test func `who sees an organization's secret stays as it is`() throws {
        let target = #"{"organization":"acme",\#(Self.names)}"#
        let end = try HostSession(.github).push(
            target,
            [
                key, .status(200, secret("AWS_SECRET_ACCESS_KEY", old, visibility: "selected")),
                .status(200, #"{"total_count":2,"repositories":[{"id":11}]}"#),
                .status(200, #"{"total_count":2,"repositories":[{"id":12}]}"#), updated,
                error(404, "Not Found"), created,
                .status(200, secret("AWS_ACCESS_KEY_ID", new, visibility: "private")),
                .status(200, secret("AWS_SECRET_ACCESS_KEY", new, visibility: "selected")),
            ])
        end.expect(KT_OK, "GitHub: organization acme: AWS_ACCESS_KEY_ID created (201), AWS_SECRET")
        #expect(end.requests[4].body.hasSuffix(#""visibility":"selected","selected_repository_ids":[11,12]}"#))
        #expect(end.requests[6].body.hasSuffix(#""visibility":"private"}"#))
    }

    @Test func `an organization's secret is not touched where its access is not known`() throws {
        let target = #"{"organization":"acme",\#(Self.names)}"#
        try HostSession(.github).push(target, [key, .status(200, secret("AWS_SECRET_ACCESS_KEY", old))])
            .expect(KT_RETRYABLE, "GitHub: AWS_SECRET_ACCESS_KEY in organization acme: ", "not touched")
        let end = try HostSession(.github).push(
            target,
            [
                key, .status(200, secret("AWS_SECRET_ACCESS_KEY", old, visibility: "selected")),
                .status(200, #"{"total_count":2,"repositories":[]}"#),
            ])
        end.expect(KT_INVALID_CONFIG, "GitHub: AWS_SECRET_ACCESS_KEY in organization acme: ", "not whole")
        #expect(end.requests.count == 3)
    }

    @Test func `an old time of writing is never a yes, of either secret`() throws {
        let writes = [key, updated, updated]
        try HostSession(.github).push(target, writes + [list(id: new, secret: old)])
            .expect(KT_RETRYABLE, secretSubject + "written, but GitHub still shows the time \(old)")
        try HostSession(.github).push(target, writes + [list(id: old, secret: new)])
            .expect(KT_RETRYABLE, idSubject + "written, but GitHub still shows the time \(old)")
        try HostSession(.github).push(target, writes + [list(id: "yesterday", secret: new)])
            .expect(KT_RETRYABLE, idSubject)
        try HostSession(.github).push(target, writes + [.status(200, #"{"total_count":0,"secrets":[]}"#)])
            .expect(KT_RETRYABLE, idSubject, "does not list it yet")
    }

    @Test(arguments: ["2026-11-22T09:59:56Z", "2026-11-22T10:00:00.250Z", "2026-11-22T11:00:00+01:00"])
    func `GitHub's machines may differ by a few seconds`(time: String) throws {
        let end = try HostSession(.github).push(
            target, [key, updated, updated, list(id: time, secret: time)])
        end.expect(KT_OK, subject)
        #expect(end.report?.evidence == KT_EVIDENCE_TIMESTAMP)
    }

    @Test func `without GitHub's time its yes has to do`() throws {
        let end = try HostSession(.github).push(
            target, [key, .status(204), .status(204), list(id: old, secret: old)])
        end.expect(KT_OK, subject)
        #expect(end.report?.evidence == KT_EVIDENCE_ACKNOWLEDGED)
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
        try HostSession(.github).push(target, [key, .status(200, "<html>")]).expect(KT_RETRYABLE, secretSubject + "200")
        try HostSession(.github).push(target, [key, updated, updated, .status(200, "{")])
            .expect(KT_RETRYABLE, subject + "200")
    }

    @Test func `a refused token or a missing permission says which token to make`() throws {
        try HostSession(.github).push(target, [error(401, "Bad credentials")])
            .expect(KT_UNAUTHORIZED, subject + "401 (Bad credentials): ", "write access to Secrets")
        let lacking = error(
            403, "Resource not accessible by integration",
            ["x-accepted-github-permissions": "secrets=write", "x-ratelimit-remaining": "4999"])
        try HostSession(.github).push(target, [key, lacking])
            .expect(KT_UNAUTHORIZED, secretSubject + "403 (Resource not accessible by integration): ", "secrets=write")
        try HostSession(.github).push(target, [error(403, "SAML", ["x-github-sso": "required; url=x"])])
            .expect(KT_UNAUTHORIZED, subject + "403 (SAML): ", "single sign-on")
    }

    @Test func `a missing repository or environment is not found`() throws {
        try HostSession(.github).push(target, [error(404, "Not Found")])
            .expect(KT_NOT_FOUND, subject + "404 (Not Found): ", "token may not see it")
    }

    @Test func `conflicts and refusals have the outcome of their status`() throws {
        try HostSession(.github).push(target, [key, error(409, "busy")]).expect(
            KT_CONFLICT, secretSubject + "409 (busy): ")
        let details =
            #"{"message":"Validation Failed","errors":[{"resource":"Secret","field":"name","code":"invalid"}]}"#
        try HostSession(.github).push(target, [key, .status(422, details)])
            .expect(KT_INVALID_CONFIG, secretSubject + "422 (Validation Failed; name invalid): ")
        try HostSession(.github).push(target, [key, error(400, "Problems parsing JSON")])
            .expect(KT_INVALID_CONFIG, secretSubject + "400 (Problems parsing JSON): ")
    }

    @Test(arguments: [500, 502, 503]) func `a fault of the service passes`(status: UInt32) throws {
        try HostSession(.github).push(target, [key, updated, .status(status)])
            .expect(KT_RETRYABLE, idSubject + "\(status): ")
    }

    @Test func `a moved repository is named`() throws {
        try HostSession(.github).push(target, [error(301, "Moved Permanently", ["location": "https://x.example/9"])])
            .expect(KT_INVALID_CONFIG, subject + "301 (Moved Permanently): moved to https://x.example/9; use")
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
        (403, "You have exceeded a secondary rate limit.", [:], 60_000), (429, "no", [:], 60_000),
        (429, "no", ["retry-after": "Sun, 22 Nov 2026 10:00:20 GMT", "date": "Sun, 22 Nov 2026 10:00:00 GMT"], 20_000),
    ])
    func `a rate limit has the time that GitHub says, else a minute`(
        status: UInt32, text: String, headers: [String: String], expected: Int64
    ) throws {
        let end = try HostSession(.github).push(target, [key, error(status, text, headers)])
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

    @Test func `inspect cannot read the key ID, but tells when it was written`() throws {
        let end = try HostSession(.github).inspect(target, [list(id: old, secret: new)])
        end.expect(KT_OK, idSubject, old)
        #expect(end.report?.keyID == "" && end.report?.changedAt == old)
        try HostSession(.github).inspect(target, [.status(200, #"{"total_count":0,"secrets":[]}"#)])
            .expect(KT_NOT_FOUND, idSubject)
    }
}
