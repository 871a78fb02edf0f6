import CKeyturnPusher
import Testing

@Suite struct TravisCITests {
    private let target =
        #"{"repository":"acme/app","access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY"}"#
    private let idSubject = "Travis CI: AWS_ACCESS_KEY_ID in acme/app: "
    private let secretSubject = "Travis CI: AWS_SECRET_ACCESS_KEY in acme/app: "

    private func variable(
        _ name: String, id: String = "0f1e", value: String? = nil, isPublic: Bool = false, branch: String? = nil
    ) -> String {
        let value = value.map { #""value":"\#($0)","# } ?? ""
        let branch = branch.map { "\"\($0)\"" } ?? "null"
        return #"{"@type":"env_var","@representation":"standard","@permissions":{"read":true,"write":true},"#
            + #""id":"\#(id)","name":"\#(name)",\#(value)"public":\#(isPublic),"branch":\#(branch)}"#
    }

    private func list(_ variables: String...) -> Reply {
        .status(
            200,
            #"{"@type":"env_vars","@href":"/","@representation":"standard","env_vars":[\#(variables.joined(separator: ","))]}"#
        )
    }

    private func error(_ status: UInt32, _ type: String, _ message: String = "no") -> Reply {
        .status(status, #"{"@type":"error","error_type":"\#(type)","error_message":"\#(message)"}"#)
    }

    private var oldID: String { variable("AWS_ACCESS_KEY_ID", id: "id-1", value: "AKIAOLD", isPublic: true) }
    private var oldSecret: String { variable("AWS_SECRET_ACCESS_KEY", id: "secret-1") }
    private var newID: String { variable("AWS_ACCESS_KEY_ID", value: HostSession.keyID, isPublic: true) }
    private var newSecret: String { variable("AWS_SECRET_ACCESS_KEY") }

    @Test func `missing variables are created, and the key ID is read back`() throws {
        let end = try HostSession(.travis).push(target, [list(), .status(201, newSecret), .status(201, newID)])
        end.expect(
            KT_OK,
            "Travis CI: acme/app: AWS_ACCESS_KEY_ID created (201), AWS_SECRET_ACCESS_KEY created (201)")
        #expect(end.report?.evidence == KT_EVIDENCE_READ_BACK)
        #expect(
            end.lines == [
                "GET https://api.travis-ci.com/repo/acme%2Fapp/env_vars",
                "POST https://api.travis-ci.com/repo/acme%2Fapp/env_vars",
                "POST https://api.travis-ci.com/repo/acme%2Fapp/env_vars",
            ])
        #expect(
            end.requests[1].body == #"{"env_var.value":"wJalrXUtnFEMI/K7MDENG+bPxRfiCY\"EXAMPLE\\KEY","#
                + #""env_var.public":false,"env_var.name":"AWS_SECRET_ACCESS_KEY"}"#)
        #expect(
            end.requests[2].body
                == #"{"env_var.value":"AKIAIOSFODNN7EXAMPLE","env_var.public":true,"env_var.name":"AWS_ACCESS_KEY_ID"}"#
        )
    }

    @Test func `variables that are there are changed, with three requests in all`() throws {
        let replies = [list(oldID, oldSecret), .status(200, newSecret), .status(200, newID)]
        let end = try HostSession(.travis).push(target, replies)
        end.expect(KT_OK, "Travis CI: acme/app", "AWS_ACCESS_KEY_ID updated (200)", "KEY updated (200)")
        #expect(
            end.lines.dropFirst() == [
                "PATCH https://api.travis-ci.com/repo/acme%2Fapp/env_var/secret-1",
                "PATCH https://api.travis-ci.com/repo/acme%2Fapp/env_var/id-1",
            ])
        #expect(end.requests[2].body == #"{"env_var.value":"AKIAIOSFODNN7EXAMPLE","env_var.public":true}"#)
    }

    @Test func `a half-written pair is finished`() throws {
        let replies = [list(oldSecret), .status(200, newSecret), .status(201, newID)]
        try HostSession(.travis).push(target, replies)
            .expect(KT_OK, "Travis CI: acme/app", "AWS_ACCESS_KEY_ID created (201)", "KEY updated (200)")
    }

    @Test func `a second push writes the same again`() throws {
        let session = try HostSession(.travis)
        let replies = [list(oldID, oldSecret), .status(200, newSecret), .status(200, newID)]
        let first = session.push(target, replies)
        let second = session.push(target, replies)
        #expect(first.outcome == KT_OK && second.outcome == KT_OK)
        #expect(first.requests.map(\.body) == second.requests.map(\.body))
    }

    @Test func `every request has the header fields that Travis CI wants`() throws {
        let end = try HostSession(.travis).push(target, [list(), .status(201, newSecret), .status(201, newID)])
        for request in end.requests {
            #expect(request.headers["Travis-API-Version"] == "3")
            #expect(request.headers["Authorization"] == "token \(HostSession.token)")
            #expect(request.headers["User-Agent"] == "keyturn-travis-ci/1.0.0")
            #expect(request.headers["Content-Type"] == (request.method == "GET" ? nil : "application/json"))
        }
    }

    @Test func `an Enterprise host has its API below a path`() throws {
        let enterprise = #"{"token":"\#(HostSession.token)","endpoint":"https://travis.example.com/api"}"#
        let end = try HostSession(.travis, configuration: enterprise).push(
            target, [list(oldID, oldSecret), .status(200, newSecret), .status(200, newID)])
        end.expect(KT_OK, "Travis CI: acme/app: ")
        #expect(
            end.lines == [
                "GET https://travis.example.com/api/repo/acme%2Fapp/env_vars",
                "PATCH https://travis.example.com/api/repo/acme%2Fapp/env_var/secret-1",
                "PATCH https://travis.example.com/api/repo/acme%2Fapp/env_var/id-1",
            ])
    }

    @Test func `a branch's variables are not those of all branches`() throws {
        let target =
            #"{"repository":77,"branch":"main","access-key-id":"ID","secret-access-key":"SECRET"}"#
        let end = try HostSession(.travis).push(
            target,
            [
                list(variable("ID", id: "all"), variable("SECRET", id: "s", branch: "main")),
                .status(200, variable("SECRET", branch: "main")),
                .status(201, variable("ID", value: HostSession.keyID, isPublic: true, branch: "main")),
            ])
        end.expect(KT_OK, "Travis CI: 77 (branch main): ID created (201), SECRET updated (200)")
        #expect(end.lines[0].hasSuffix("/repo/77/env_vars"))
        #expect(end.requests[2].body.contains(#""env_var.branch":"main""#))
    }

    @Test func `two variables of one name are a person's to settle, and nothing is written`() throws {
        let end = try HostSession(.travis).push(target, [list(oldSecret, oldSecret)])
        end.expect(KT_CONFLICT, secretSubject, "2 variables", "delete all but one")
        #expect(end.requests.count == 1)
    }

    @Test func `a refused token says which one to make`() throws {
        try HostSession(.travis).push(target, [.status(403, "access denied", ["content-type": "text/plain"])])
            .expect(KT_UNAUTHORIZED, "Travis CI: acme/app: 403 (access denied): ", "travis token --com")
        try HostSession(.travis).push(target, [.status(403, "access denied", ["content-type": "text/html"])])
            .expect(KT_UNAUTHORIZED, "Travis CI: acme/app: 403 (access denied): ", "travis token --com")
        try HostSession(.travis).push(target, [error(403, "login_required")])
            .expect(KT_UNAUTHORIZED, "Travis CI: acme/app: 403 (login_required: no): ", "travis token --com")
        try HostSession(.travis).push(target, [.status(401)])
            .expect(KT_UNAUTHORIZED, "Travis CI: acme/app: 401: ")
    }

    @Test func `a missing permission names the variable`() throws {
        try HostSession(.travis).push(target, [list(), error(403, "insufficient_access", "forbidden")])
            .expect(KT_UNAUTHORIZED, secretSubject + "403 (insufficient_access: forbidden): ", "push access")
        try HostSession(.travis).push(target, [list(), error(403, "repo_migrated")])
            .expect(KT_UNAUTHORIZED, secretSubject, "migrated")
    }

    @Test func `a missing repository is not found`() throws {
        try HostSession(.travis).push(target, [error(404, "not_found", "repository not found")])
            .expect(KT_NOT_FOUND, "Travis CI: acme/app: 404 (not_found: repository not found): ", "check repository")
    }

    @Test func `a variable made by somebody else meanwhile is a conflict`() throws {
        try HostSession(.travis).push(target, [list(), .status(201, newSecret), error(409, "duplicate_resource")])
            .expect(KT_CONFLICT, idSubject + "409 (duplicate_resource: no): ")
    }

    @Test(arguments: [400, 405, 422]) func `what Travis CI refuses is a matter of configuration`(status: UInt32) throws
    {
        try HostSession(.travis).push(target, [list(), error(status, "unprocessable_entity")])
            .expect(KT_INVALID_CONFIG, secretSubject + "\(status) (unprocessable_entity: no): ")
    }

    @Test func `a rate limit without a time has none`() throws {
        let end = try HostSession(.travis).push(target, [.status(429, "Retry later", ["content-type": "text/plain"])])
        end.expect(KT_RATE_LIMITED, "Travis CI: acme/app: 429 (Retry later): ")
        #expect(end.report?.retryAfter == 0)
    }

    @Test(arguments: [500, 502, 503]) func `a fault of the service passes`(status: UInt32) throws {
        try HostSession(.travis).push(target, [.status(status, "<html>oops</html>", ["content-type": "text/html"])])
            .expect(KT_RETRYABLE, "Travis CI: acme/app: \(status): ")
    }

    @Test(arguments: ["", "{", "[]", #"{"env_vars":7}"#, #"{"@type":"env_vars","env_vars":[{"id":1}]}"#, "<html>"])
    func `an answer that is not understood is never a yes`(body: String) throws {
        try HostSession(.travis).push(target, [.status(200, body)]).expect(KT_RETRYABLE, "Travis CI: acme/app: 200")
        let end = try HostSession(.travis).push(target, [list(), .status(201, newSecret), .status(201, body)])
        end.expect(KT_RETRYABLE, idSubject + "201")
    }

    @Test func `an answer about another variable or value is never a yes`() throws {
        let wrongValue = variable("AWS_ACCESS_KEY_ID", value: "AKIAOTHER", isPublic: true)
        try HostSession(.travis).push(target, [list(), .status(201, newSecret), .status(201, wrongValue)])
            .expect(KT_RETRYABLE, idSubject, "does not show the new key ID")
        try HostSession(.travis).push(target, [list(), .status(201, newID)])
            .expect(KT_RETRYABLE, secretSubject, "another variable")
        let shown = variable("AWS_SECRET_ACCESS_KEY", value: "x", isPublic: true)
        try HostSession(.travis).push(target, [list(), .status(201, shown)])
            .expect(KT_CONFLICT, secretSubject, "made the variable public")
        try HostSession(.travis).push(target, [list(), .status(200, newSecret)])
            .expect(KT_RETRYABLE, secretSubject + "200")
    }

    @Test func `a moved repository is named`() throws {
        let moved = Reply.status(301, "", ["location": "https://x.example/repo/9"])
        let end = try HostSession(.travis).push(target, [moved, .status(200, #"{"id":9,"slug":"acme/new"}"#)])
        end.expect(
            KT_INVALID_CONFIG,
            "Travis CI: acme/app: 301: the repository has moved: set repository: acme/new in the target")
        #expect(end.lines.last == "GET https://api.travis-ci.com/repo/9")
        try HostSession(.travis).push(target, [moved])
            .expect(KT_INVALID_CONFIG, "Travis CI: acme/app: 301: ", "set repository: 9 in the target")
    }

    @Test func `an error that repeats the secret is printed without it`() throws {
        let end = try HostSession(.travis).push(
            target, [list(), error(422, "unprocessable_entity", "value AKIA/Secret+1234567890 is bad")],
            secret: "AKIA/Secret+1234567890")
        end.expect(KT_INVALID_CONFIG, secretSubject, "value [redacted] is bad")
    }

    @Test(arguments: [
        #"{"bad":"AKIA\/Secret+1234567890"}"#, "AKIA%2FSecret%2B1234567890",
        String(repeating: "x", count: 186) + "AKIA/Secret+1234567890",
        String(repeating: " ", count: 990) + "AKIA/Secret+1234567890",
    ])
    func `no spelling of the secret gets through, and no part of it at the end of a cut text`(body: String) throws {
        let end = try HostSession(.travis).push(
            target, [list(), .status(500, body, ["content-type": "text/plain"])], secret: "AKIA/Secret+1234567890")
        end.expect(KT_RETRYABLE, secretSubject + "500", "[redacted]")
        #expect(!end.message.contains("Secret") && !end.message.contains("AKIA"))
    }

    @Test func `check reads only, and says what it saw`() throws {
        let end = try HostSession(.travis).check(target, [list(oldID)])
        end.expect(
            KT_OK,
            "Travis CI: acme/app: the variables may be written; AWS_ACCESS_KEY_ID exists, "
                + "AWS_SECRET_ACCESS_KEY will be created")
        #expect(end.lines == ["GET https://api.travis-ci.com/repo/acme%2Fapp/env_vars"])
        let shown = variable("AWS_ACCESS_KEY_ID")
        try HostSession(.travis).check(target, [list(shown)])
            .expect(
                KT_OK, "Travis CI: acme/app",
                "AWS_ACCESS_KEY_ID exists (each push makes it public, so that it can be read back: it is not a secret)")
        let readOnly = oldID.replacing(#""write":true"#, with: #""write":false"#)
        try HostSession(.travis).check(target, [list(readOnly)])
            .expect(KT_UNAUTHORIZED, "Travis CI: acme/app", "push access")
        try HostSession(.travis).check(target, [list(oldID, oldID)]).expect(KT_CONFLICT, idSubject)
    }

    @Test func `inspect reads the key ID where it is public`() throws {
        let end = try HostSession(.travis).inspect(target, [list(newID)])
        end.expect(KT_OK, idSubject + HostSession.keyID)
        #expect(end.report?.keyID == HostSession.keyID)
        let hidden = try HostSession(.travis).inspect(target, [list(variable("AWS_ACCESS_KEY_ID"))])
        hidden.expect(KT_OK, idSubject + "the variable is private now", "someone else wrote it last")
        #expect(hidden.report?.keyID == "")
        try HostSession(.travis).inspect(target, [list()]).expect(KT_NOT_FOUND, idSubject)
    }
}
