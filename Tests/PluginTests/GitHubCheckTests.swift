import CKeyturnPusher
import Testing

/// What is known of a target before anything is written.
@Suite struct GitHubCheckTests {
    private static let names =
        #""access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#
    private let target = #"{"repository":"acme/app",\#(names)}"#
    private let base = "https://api.github.com/repos/acme/app"
    private let subject = "GitHub: acme/app: "
    private let repository = Reply.status(200, #"{"archived":false,"permissions":{"pull":true,"push":true}}"#)
    private let none = Reply.status(200, #"{"total_count":0,"secrets":[]}"#)

    private var key: Reply { .status(200, #"{"key_id":"568250167242549743","key":"\#(SealingKey().publicKey)"}"#) }

    @Test func `check reads only, and says what it saw`() throws {
        let end = try HostSession(.github).check(target, [repository, key, none])
        end.expect(
            KT_OK, subject + "the token reads the public key",
            "AWS_ACCESS_KEY_ID will be created, AWS_SECRET_ACCESS_KEY will be created")
        #expect(
            end.lines == [
                "GET \(base)", "GET \(base)/actions/secrets/public-key", "GET \(base)/actions/secrets?per_page=100",
            ])
    }

    @Test func `an archived repository takes no new key`() throws {
        try HostSession(.github).check(target, [.status(200, #"{"archived":true}"#)])
            .expect(KT_CONFLICT, subject, "archived")
        let refusal = Reply.status(403, #"{"message":"Repository was archived so is read-only."}"#)
        try HostSession(.github).push(target, [key, none, refusal])
            .expect(KT_CONFLICT, "GitHub: AWS_SECRET_ACCESS_KEY in acme/app: 403 (Repository was archived", "unarchive")
    }

    @Test func `a token that may only read is reported`() throws {
        let reading = Reply.status(200, #"{"archived":false,"permissions":{"pull":true,"push":false}}"#)
        try HostSession(.github).check(target, [reading]).expect(KT_UNAUTHORIZED, subject, "may only read")
        // An App's token: nothing is reported.
        let app = Reply.status(200, #"{"archived":false,"permissions":{"pull":false,"push":false}}"#)
        try HostSession(.github).check(target, [app, key, none]).expect(KT_OK, subject)
    }

    @Test func `a classic token without the scope is reported`() throws {
        func scoped(_ scopes: String) -> Reply { .status(200, #"{"archived":false}"#, ["x-oauth-scopes": scopes]) }
        try HostSession(.github).check(target, [scoped("gist, read:org")])
            .expect(KT_UNAUTHORIZED, subject + "the token has scope gist, read:org, which is not enough", "scope repo")
        try HostSession(.github).check(target, [scoped("gist, repo"), key, none]).expect(KT_OK, subject)
        try HostSession(.github).check(target, [scoped(""), key, none]).expect(KT_OK, subject)
    }

    @Test(arguments: [
        ("2026-11-24 10:00:00 UTC", "the token expires in 2 days, at 2026-11-24T10:00:00Z: make a new one"),
        ("2026-11-22 14:30:00 +0200", "the token expires in 2 hours, at 2026-11-22T12:30:00Z"),
        ("2027-11-22 10:00:00 UTC", nil), ("soon", nil),
    ])
    func `a token that ends soon is said`(end: String, text: String?) throws {
        let headers = ["github-authentication-token-expiration": end]
        let repository = Reply.status(200, #"{"archived":false}"#, headers)
        let seen = try HostSession(.github).check(target, [repository, key, none])
        seen.expect(KT_OK, subject)
        #expect(seen.message.contains("expires") == (text != nil))
        if let text { #expect(seen.message.contains(text)) }
        let organization = #"{"organization":"acme",\#(Self.names)}"#
        let key = Reply.status(200, self.key.body, headers)
        let missing = Reply.status(404, #"{"message":"Not Found"}"#)
        let other = try HostSession(.github).check(organization, [key, missing, missing])
        #expect(other.message.contains("expires") == (text != nil))
    }

    @Test func `a repository that moved or is not there is reported`() throws {
        try HostSession(.github).check(target, [.status(301, "", ["location": "https://x.example/9"])])
            .expect(KT_INVALID_CONFIG, subject, "redirected to https://x.example/9")
        try HostSession(.github).check(target, [.status(404, #"{"message":"Not Found"}"#)])
            .expect(KT_NOT_FOUND, subject, "check its name")
    }

    @Test func `a place that is full has no room for another secret`() throws {
        let full = Reply.status(200, #"{"total_count":100,"secrets":[]}"#)
        try HostSession(.github).check(target, [repository, key, full])
            .expect(KT_CONFLICT, subject + "100 secrets are there", "AWS_ACCESS_KEY_ID has no room")
        let held = #"{"name":"AWS_ACCESS_KEY_ID","updated_at":"x"},{"name":"AWS_SECRET_ACCESS_KEY","updated_at":"x"}"#
        try HostSession(.github).check(
            target, [repository, key, .status(200, #"{"total_count":9223372036854775807,"secrets":[\#(held)]}"#)]
        ).expect(KT_OK, subject)
    }

    @Test func `a secret beside the variable is reported`() throws {
        let held = #"{"total_count":1,"secrets":[{"name":"AWS_ACCESS_KEY_ID","updated_at":"x"}]}"#
        try HostSession(.github).check(
            #"{"repository":"acme/app","key-id-as":"variable",\#(Self.names)}"#,
            [repository, key, .status(200, held), .status(404, #"{"message":"Not Found"}"#)]
        ).expect(
            KT_OK, subject, "variable AWS_ACCESS_KEY_ID will be created", "a secret AWS_ACCESS_KEY_ID is there too",
            "delete the secret")
    }

    @Test(arguments: ["GITHUB_ID", "github_id", "1ST", "a-b", "ä"]) func `names keep GitHub's rules`(name: String)
        throws
    {
        let end = try HostSession(.github).check(
            #"{"repository":"acme/app","access-key-id":"\#(name)","secret-access-key":"S"}"#, [])
        end.expect(KT_INVALID_CONFIG, "the target's fields: access-key-id: GitHub ")
        #expect(end.requests.isEmpty)
    }

    @Test func `both names are not the same`() throws {
        try HostSession(.github).check(
            #"{"repository":"acme/app","access-key-id":"Key","secret-access-key":"KEY"}"#, []
        ).expect(KT_INVALID_CONFIG, "the target's fields: secret-access-key: the same name")
    }

    @Test(arguments: [
        ("https://github.com", "leave it out"), ("https://www.github.com/api/v3", "leave it out"),
        ("https://acme.ghe.com", "https://api.acme.ghe.com"),
        ("https://github.example.com", "https://github.example.com/api/v3"),
    ])
    func `an endpoint that is a web site is reported`(endpoint: String, advice: String) throws {
        let session = try HostSession(.github, configuration: #"{"token":"t0ken-0123","endpoint":"\#(endpoint)"}"#)
        #expect(session.openOutcome == KT_INVALID_CONFIG)
        #expect(session.report?.message.contains(advice) == true)
    }

    @Test(arguments: [
        "https://api.github.com/", "https://github.example.com/api/v3", "https://api.acme.ghe.com",
        "http://127.0.0.1:8080", "https://proxy.example.com/github",
    ])
    func `an endpoint that may be the API is taken`(endpoint: String) throws {
        let session = try HostSession(
            .github, configuration: #"{"token":"\#(HostSession.token)","endpoint":"\#(endpoint)"}"#)
        #expect(session.openOutcome == KT_OK)
        let place = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
        let end = session.check(target, [repository, key, none])
        end.expect(KT_OK, subject)
        #expect(end.lines[0] == "GET \(place)/repos/acme/app")
    }

    @Test func `a web page is not GitHub's API`() throws {
        try HostSession(.github).check(target, [.status(404, "<html>", ["content-type": "text/html; charset=utf-8"])])
            .expect(KT_INVALID_CONFIG, subject + "404: a web page answered", "/api/v3")
        try HostSession(.github).check(target, [.status(200, "  <!doctype HTML><title>Sign in</title>")])
            .expect(KT_RETRYABLE, subject + "200", "a web page answered")
    }
}
