import CKeyturnPusher
import Testing

@Suite struct GitLabCITests {
    private static let names =
        #""access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#
    private let target = #"{"project":"acme/tools/app",\#(names)}"#
    private let production =
        #"{"project":"acme/tools/app","environment-scope":"review/*","masked":true,"protected":false,\#(names)}"#
    private let group = #"{"group":"acme","environment-scope":"production",\#(names)}"#
    private let instance = #"{"instance":true,\#(names)}"#
    private let idSubject = "GitLab: AWS_ACCESS_KEY_ID in acme/tools/app: "
    private let secretSubject = "GitLab: AWS_SECRET_ACCESS_KEY in acme/tools/app: "
    private let base = "https://gitlab.com/api/v4/projects/acme%2Ftools%2Fapp/variables"

    /// `value` as JSON text.
    private func variable(_ key: String, _ value: String, scope: String? = "*") -> String {
        let scope = scope.map { #","environment_scope":"\#($0)""# } ?? ""
        return #"{"variable_type":"env_var","key":"\#(key)","value":\#(value),"hidden":\#(value == "null")"#
            + #","masked":true\#(scope)}"#
    }

    private func id(_ value: String = HostSession.keyID, scope: String? = "*") -> String {
        variable("AWS_ACCESS_KEY_ID", "\"\(value)\"", scope: scope)
    }

    private func secret(scope: String? = "*") -> String {
        variable("AWS_SECRET_ACCESS_KEY", #""wJalrXUtnFEMI\/K7MDENG+bPxRfiCY\"EXAMPLE\\KEY""#, scope: scope)
    }

    private func message(_ status: UInt32, _ text: String, _ headers: [String: String] = [:]) -> Reply {
        .status(status, #"{"message":"\#(text)"}"#, headers)
    }

    private var missing: Reply { message(404, "404 Variable Not Found") }

    @Test func `variables that are there are changed, with two requests in all`() throws {
        let end = try HostSession(.gitlab).push(target, [.status(200, secret()), .status(200, id())])
        end.expect(
            KT_OK,
            "GitLab: acme/tools/app: AWS_ACCESS_KEY_ID updated (200), AWS_SECRET_ACCESS_KEY updated (200)")
        #expect(end.report?.evidence == KT_EVIDENCE_READ_BACK)
        #expect(end.lines == ["PUT \(base)/AWS_SECRET_ACCESS_KEY", "PUT \(base)/AWS_ACCESS_KEY_ID"])
        #expect(
            end.requests[0].body == #"{"value":"wJalrXUtnFEMI/K7MDENG+bPxRfiCY\"EXAMPLE\\KEY","#
                + #""filter":{"environment_scope":"*"}}"#)
        #expect(end.requests[1].body == #"{"value":"AKIAIOSFODNN7EXAMPLE","filter":{"environment_scope":"*"}}"#)
        for request in end.requests {
            #expect(request.headers["PRIVATE-TOKEN"] == HostSession.token)
            #expect(request.headers["Content-Type"] == "application/json")
            #expect(request.headers["User-Agent"] == "keyturn-gitlab-ci/1.0.0")
        }
    }

    @Test func `missing variables are created, the secret masked and the key ID not`() throws {
        let replies = [missing, .status(201, secret()), missing, .status(201, id())]
        let end = try HostSession(.gitlab).push(target, replies)
        end.expect(KT_OK, "GitLab: acme/tools/app", "ID created (201), AWS_SECRET_ACCESS_KEY created (201)")
        #expect(
            end.lines == [
                "PUT \(base)/AWS_SECRET_ACCESS_KEY", "POST \(base)", "PUT \(base)/AWS_ACCESS_KEY_ID", "POST \(base)",
            ])
        #expect(
            end.requests[1].body == #"{"key":"AWS_SECRET_ACCESS_KEY","#
                + #""value":"wJalrXUtnFEMI/K7MDENG+bPxRfiCY\"EXAMPLE\\KEY","masked":true,"protected":false,"raw":true,"#
                + #""environment_scope":"*"}"#)
        #expect(
            end.requests[3].body.contains(#""masked":false,"protected":false,"raw":true,"environment_scope":"*""#))
    }

    @Test func `a half-written pair is finished`() throws {
        try HostSession(.gitlab).push(target, [.status(200, secret()), missing, .status(201, id())])
            .expect(KT_OK, "GitLab: acme/tools/app", "ID created (201), AWS_SECRET_ACCESS_KEY updated (200)")
    }

    @Test func `a second push writes the same again`() throws {
        let session = try HostSession(.gitlab)
        let replies: [Reply] = [.status(200, secret()), .status(200, id())]
        let first = session.push(target, replies)
        let second = session.push(target, replies)
        #expect(first.outcome == KT_OK && second.outcome == KT_OK)
        #expect(first.requests.map(\.body) == second.requests.map(\.body))
    }

    @Test func `scope, masked and protected are sent where the target says them`() throws {
        let replies: [Reply] = [.status(200, secret(scope: "review/*")), .status(200, id(scope: "review/*"))]
        let end = try HostSession(.gitlab).push(production, replies)
        end.expect(KT_OK, "GitLab: acme/tools/app (scope review/*): ")
        #expect(
            end.requests[1].body.hasSuffix(
                #""masked":true,"protected":false,"filter":{"environment_scope":"review/*"}}"#))
    }

    @Test func `an answer of another scope is a person's to settle`() throws {
        try HostSession(.gitlab).push(production, [.status(200, secret())])
            .expect(KT_CONFLICT, "GitLab: AWS_SECRET_ACCESS_KEY in acme/tools/app (scope review/*): 200", "scope *")
    }

    @Test func `a hidden key ID is acknowledged, not read back`() throws {
        let hidden = [
            variable("AWS_SECRET_ACCESS_KEY", "null"), variable("AWS_ACCESS_KEY_ID", "null"),
        ].map { Reply.status(200, $0) }
        let end = try HostSession(.gitlab).push(target, hidden)
        end.expect(KT_OK, "GitLab: acme/tools/app")
        #expect(end.report?.evidence == KT_EVIDENCE_ACKNOWLEDGED)
    }

    @Test func `another value in the answer is never a yes`() throws {
        try HostSession(.gitlab).push(target, [.status(200, variable("AWS_SECRET_ACCESS_KEY", #""old""#))])
            .expect(KT_RETRYABLE, secretSubject + "200", "another value")
        try HostSession(.gitlab).push(target, [.status(200, secret()), .status(200, id("AKIAOLD"))])
            .expect(KT_RETRYABLE, idSubject + "200", "another value")
        try HostSession(.gitlab).push(target, [.status(200, id())]).expect(KT_RETRYABLE, secretSubject + "200")
    }

    @Test(arguments: ["", "{", "{}", "[]", "null", #"{"key":7}"#, "<html>sign in</html>"])
    func `an answer that is not understood is never a yes`(body: String) throws {
        try HostSession(.gitlab).push(target, [.status(200, body)]).expect(KT_RETRYABLE, secretSubject + "200")
        try HostSession(.gitlab).push(target, [.status(204, body)]).expect(KT_RETRYABLE, secretSubject + "204")
    }

    @Test func `a group is looked at first, page by page, so that no other scope is hit`() throws {
        let url = "https://gitlab.com/api/v4/groups/acme/variables"
        let end = try HostSession(.gitlab).push(
            group,
            [
                .status(200, "[\(id(scope: "*"))]", ["x-next-page": "2"]),
                .status(200, "[\(secret(scope: "production"))]", ["x-next-page": ""]),
                .status(200, secret(scope: "production")), .status(201, id(scope: "production")),
            ])
        end.expect(KT_OK, "GitLab: group acme (scope production): AWS_ACCESS_KEY_ID created (201), AWS")
        #expect(
            end.lines == [
                "GET \(url)?per_page=100&page=1", "GET \(url)?per_page=100&page=2",
                "PUT \(url)/AWS_SECRET_ACCESS_KEY?filter%5Benvironment_scope%5D=production", "POST \(url)",
            ])
        #expect(!end.requests[2].body.contains("filter"))
    }

    @Test func `the instance's variables have no scope`() throws {
        let replies: [Reply] = [.status(200, secret(scope: nil)), missing, .status(201, id(scope: nil))]
        let end = try HostSession(.gitlab).push(instance, replies)
        end.expect(KT_OK, "GitLab: the instance: ")
        #expect(end.lines[0] == "PUT https://gitlab.com/api/v4/admin/ci/variables/AWS_SECRET_ACCESS_KEY")
        #expect(end.requests[0].body == #"{"value":"wJalrXUtnFEMI/K7MDENG+bPxRfiCY\"EXAMPLE\\KEY"}"#)
        #expect(!end.requests[2].body.contains("environment_scope"))
    }

    @Test(arguments: [
        #"{\#(names)}"#, #"{"project":"a/b","group":"a",\#(names)}"#, #"{"instance":false,\#(names)}"#,
        #"{"instance":true,"environment-scope":"x",\#(names)}"#, #"{"instance":true,"hidden":true,\#(names)}"#,
        #"{"project":"a/b","hidden":true,"masked":false,\#(names)}"#, #"{"project":"a/b","shape":"json",\#(names)}"#,
        #"{"project":"a/b","profile":"x",\#(names)}"#, #"{"project":"a/b","credentials-file":"X",\#(names)}"#,
    ])
    func `a target whose fields contradict each other sends nothing`(target: String) throws {
        let end = try HostSession(.gitlab).push(target, [])
        end.expect(KT_INVALID_CONFIG, "the target's fields: ")
        #expect(end.requests.isEmpty)
    }

    @Test func `a refused token or a missing permission says which token to make`() throws {
        try HostSession(.gitlab).push(target, [message(401, "401 Unauthorized")])
            .expect(KT_UNAUTHORIZED, secretSubject + "401 (401 Unauthorized): ", "scope api and role Maintainer")
        try HostSession(.gitlab).push(target, [message(403, "403 Forbidden")])
            .expect(KT_UNAUTHORIZED, secretSubject + "403 (403 Forbidden): ")
        let scope = #"{"error":"insufficient_scope","error_description":"higher privileges","scope":"api"}"#
        try HostSession(.gitlab).push(target, [.status(403, scope)])
            .expect(KT_UNAUTHORIZED, secretSubject + "403 (insufficient_scope: higher privileges: needs scope api): ")
    }

    @Test func `a missing project is not found, and nothing is created`() throws {
        let end = try HostSession(.gitlab).push(target, [message(404, "404 Project Not Found")])
        end.expect(KT_NOT_FOUND, secretSubject + "404 (404 Project Not Found): ", "check its path")
        #expect(end.requests.count == 1)
        try HostSession(.gitlab).push(target, [missing, message(404, "404 Not Found")])
            .expect(KT_NOT_FOUND, secretSubject + "404")
    }

    @Test func `a key in several scopes is a conflict`() throws {
        try HostSession(.gitlab).push(target, [message(409, "There are multiple variables with provided parameters")])
            .expect(KT_CONFLICT, secretSubject + "409 (There are multiple", "environment-scope")
    }

    @Test func `a value that GitLab refuses is a matter of configuration`() throws {
        let refused = Reply.status(400, #"{"message":{"value":["is invalid","is bad"],"key":{"base":["x"]}}}"#)
        try HostSession(.gitlab).push(target, [refused])
            .expect(KT_INVALID_CONFIG, secretSubject + "400 (key base x; value is invalid, is bad): ")
        try HostSession(.gitlab).push(target, [.status(422, #"{"error":"value is missing"}"#)])
            .expect(KT_INVALID_CONFIG, secretSubject + "422 (value is missing): ")
    }

    @Test func `a variable that someone else made meanwhile is a passing fault`() throws {
        let taken = Reply.status(400, #"{"message":{"key":["(AWS_SECRET_ACCESS_KEY) has already been taken"]}}"#)
        try HostSession(.gitlab).push(target, [missing, taken]).expect(KT_RETRYABLE, secretSubject + "400")
    }

    @Test func `a rate limit has the time that GitLab says`() throws {
        let limited = Reply.status(429, "Retry later", ["content-type": "text/plain", "retry-after": "17"])
        let end = try HostSession(.gitlab).push(target, [limited])
        end.expect(KT_RATE_LIMITED, secretSubject + "429 (Retry later): ")
        #expect(end.report?.retryAfter == 17_000)
        let noTime = try HostSession(.gitlab).push(
            target, [.status(429, #"{"message":{"error":"too many"}}"#, ["retry-after": "soon"])])
        noTime.expect(KT_RATE_LIMITED, secretSubject + "429 (error too many): ")
        #expect(noTime.report?.retryAfter == 0)
        let far = try HostSession(.gitlab).push(target, [message(429, "x", ["retry-after": "99999999999"])])
        #expect(far.report?.retryAfter == 3_600_000)
    }

    @Test(arguments: [500, 502, 503]) func `a fault of the service passes`(status: UInt32) throws {
        try HostSession(.gitlab).push(target, [.status(status)]).expect(KT_RETRYABLE, secretSubject + "\(status): ")
    }

    @Test func `a moved project is named`() throws {
        let moved = Reply.status(301, "", ["location": "https://gitlab.com/api/v4/projects/7/variables"])
        let place = Reply.status(200, #"{"id":7,"path_with_namespace":"acme/new"}"#)
        let end = try HostSession(.gitlab).push(target, [moved, place])
        end.expect(
            KT_INVALID_CONFIG, secretSubject + "301: the project has moved: set project: acme/new in the target")
        #expect(end.lines.last == "GET https://gitlab.com/api/v4/projects/7")
        try HostSession(.gitlab).push(target, [moved, missing])
            .expect(KT_INVALID_CONFIG, secretSubject + "301", "set project: 7 in the target")
        let refused = message(405, "Non GET methods are not allowed for moved projects")
        let away = Reply.status(301, "", ["location": "https://gitlab.com/api/v4/projects/7"])
        let write = try HostSession(.gitlab).push(target, [refused, away, place])
        write.expect(
            KT_INVALID_CONFIG, secretSubject + "405 (Non GET methods are not allowed for moved projects): ",
            "the project has moved: set project: acme/new in the target")
        #expect(write.lines[1] == "GET https://gitlab.com/api/v4/projects/acme%2Ftools%2Fapp")
        try HostSession(.gitlab).push(target, [refused])
            .expect(KT_INVALID_CONFIG, secretSubject + "405", "set project to its new path in the target")
    }

    @Test(arguments: [301, 302, 303, 307, 308, 404]) func `a moved project or group is named by its new path`(
        status: UInt32
    ) throws {
        let prefix = #"{"token":"\#(HostSession.token)","endpoint":"https://example.com/gitlab"}"#
        func moved(_ path: String) -> Reply {
            .status(status, "", ["location": "https://example.com/gitlab/api/v4/\(path)/variables?page=1"])
        }
        let project = try HostSession(.gitlab, configuration: prefix).push(target, [moved("projects/new%2Fhome")])
        project.expect(
            KT_INVALID_CONFIG, secretSubject + "\(status): ", "has moved: set project: new/home in the target")
        let at = "PUT https://example.com/gitlab/api/v4/projects/acme%2Ftools%2Fapp/variables/AWS_SECRET_ACCESS_KEY"
        #expect(project.lines == [at])
        let path = Reply.status(200, #"{"id":12,"full_path":"new/home"}"#)
        try HostSession(.gitlab, configuration: prefix).push(group, [moved("groups/12"), path])
            .expect(KT_INVALID_CONFIG, "GitLab: group acme (scope production): ", "set group: new/home in the target")
    }

    @Test func `a redirect that names the same project is a matter of the endpoint`() throws {
        let elsewhere = ["location": "https://other.example/api/v4/projects/acme%2Ftools%2Fapp/variables"]
        try HostSession(.gitlab).push(target, [.status(301, "", elsewhere)])
            .expect(KT_INVALID_CONFIG, secretSubject + "301: redirected to https://other.example/", "check endpoint")
    }

    @Test(arguments: [
        (
            #"{"error":"invalid_token","error_description":"Token is expired. You can either do re-authorization"}"#,
            "expired"
        ),
        (
            #"{"error":"invalid_token","error_description":"Token was revoked. You have to re-authorize"}"#,
            "was revoked"
        ),
    ])
    func `an expired or revoked token is reported as that`(body: String, word: String) throws {
        try HostSession(.gitlab).push(target, [.status(401, body)]).expect(
            KT_UNAUTHORIZED, secretSubject + "401 (invalid_token: Token ", "the token ", word,
            ": create a personal, project or group access token with scope api and role Maintainer of the project")
    }

    @Test func `a token is asked for that can have the permission`() throws {
        let scope = #"{"error":"insufficient_scope","error_description":"higher privileges","scope":"api"}"#
        try HostSession(.gitlab).push(group, [.status(403, scope)]).expect(
            KT_UNAUTHORIZED, "GitLab: group acme",
            "the token lacks a scope: create a personal or group access token "
                + "with scope api and role Owner of the group")
        try HostSession(.gitlab).push(instance, [.status(403, scope)])
            .expect(
                KT_UNAUTHORIZED, "GitLab: AWS_SECRET_ACCESS_KEY in the instance: ",
                "a personal access token with scope api, of an administrator")
    }

    @Test func `numbers are places too`() throws {
        let numbered = #"{"project":42,\#(Self.names)}"#
        let end = try HostSession(.gitlab).push(numbered, [.status(200, secret()), .status(200, id())])
        end.expect(KT_OK, "GitLab: 42: ")
        #expect(end.lines[0] == "PUT https://gitlab.com/api/v4/projects/42/variables/AWS_SECRET_ACCESS_KEY")
        let nested = try HostSession(.gitlab).check(#"{"group":"a/b/c",\#(Self.names)}"#, [.status(200, "[]")])
        #expect(nested.lines[0].hasPrefix("GET https://gitlab.com/api/v4/groups/a%2Fb%2Fc/variables?"))
    }

    @Test func `variables are made hidden where the target wants it, and nothing is read back then`() throws {
        let hiding = #"{"project":"acme/tools/app","hidden":true,"raw":false,\#(Self.names)}"#
        let made = [variable("AWS_SECRET_ACCESS_KEY", "null"), variable("AWS_ACCESS_KEY_ID", "null")]
        let replies = [missing, .status(201, made[0]), missing, .status(201, made[1])]
        let end = try HostSession(.gitlab).push(hiding, replies)
        end.expect(
            KT_OK, "GitLab: acme/tools/app: AWS_ACCESS_KEY_ID created (201), AWS_SECRET_ACCESS_KEY created (201)")
        #expect(end.report?.evidence == KT_EVIDENCE_ACKNOWLEDGED)
        for request in [end.requests[1], end.requests[3]] {
            #expect(request.body.contains(#""masked_and_hidden":true,"protected":false,"raw":false"#))
        }
    }

    @Test func `a variable that was there cannot be hidden, and that is reported`() throws {
        let hiding = #"{"project":"acme/tools/app","hidden":true,\#(Self.names)}"#
        let end = try HostSession(.gitlab).push(hiding, [.status(200, secret()), .status(200, id())])
        end.expect(KT_OK, "GitLab: acme/tools/app: AWS_ACCESS_KEY_ID updated (200), but not hidden: GitLab hides only")
        #expect(!end.requests[0].body.contains("hidden"))
        try HostSession(.gitlab).check(hiding, [.status(200, "[\(id())]")])
            .expect(KT_OK, "GitLab: acme/tools/app", "AWS_ACCESS_KEY_ID exists, not hidden: GitLab hides only")
    }

    @Test func `check refuses what no push could change`() throws {
        let shown = #"{"project":"acme/tools/app","masked":false,\#(Self.names)}"#
        try HostSession(.gitlab).check(shown, [.status(200, "[\(variable("AWS_SECRET_ACCESS_KEY", "null"))]")])
            .expect(KT_CONFLICT, secretSubject + "a hidden variable cannot be unmasked: ", "leave masked: false out")
    }

    @Test func `check reports a file variable where the jobs expect a value`() throws {
        let file = id().replacing("env_var", with: "file")
        try HostSession(.gitlab).check(target, [.status(200, "[\(file)]")])
            .expect(
                KT_OK, "GitLab: acme/tools/app", "AWS_ACCESS_KEY_ID exists as a file variable, so jobs see the path")
    }

    @Test func `check reads only, and says what it saw`() throws {
        let end = try HostSession(.gitlab).check(target, [.status(200, "[\(id()),\(secret(scope: "other"))]")])
        end.expect(
            KT_OK, "GitLab: acme/tools/app: the token reads the variables, which takes role Maintainer of the project",
            "AWS_ACCESS_KEY_ID exists, AWS_SECRET_ACCESS_KEY will be created")
        let own = "GET https://gitlab.com/api/v4/personal_access_tokens/self"
        #expect(end.lines == ["GET \(base)?per_page=100&page=1", own])
        try HostSession(.gitlab).check(target, [message(401, "401 Unauthorized")])
            .expect(KT_UNAUTHORIZED, "GitLab: acme/tools/app: 401")
    }

    @Test func `a list without end is given up`() throws {
        let pages = [Reply](repeating: .status(200, "[]", ["x-next-page": "2"]), count: 300)
        let end = try HostSession(.gitlab).check(target, pages)
        end.expect(KT_INTERNAL, "GitLab: acme/tools/app: ")
        #expect(end.requests.count == 100)
    }

    @Test func `inspect reads the key ID of the scope`() throws {
        let end = try HostSession(.gitlab).inspect(target, [.status(200, id())])
        end.expect(KT_OK, idSubject)
        #expect(end.report?.keyID == HostSession.keyID)
        #expect(end.lines == ["GET \(base)/AWS_ACCESS_KEY_ID?filter%5Benvironment_scope%5D=%2A"])
        try HostSession(.gitlab).inspect(target, [missing]).expect(KT_NOT_FOUND, idSubject)
        try HostSession(.gitlab).inspect(target, [.status(200, id(scope: "x"))]).expect(KT_NOT_FOUND, idSubject)
        let hidden = try HostSession(.gitlab).inspect(target, [.status(200, variable("AWS_ACCESS_KEY_ID", "null"))])
        hidden.expect(KT_OK, idSubject, "hidden")
        #expect(hidden.report?.keyID == "")
    }
}
