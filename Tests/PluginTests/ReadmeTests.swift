import CKeyturnPusher
import Testing

/// The tables of the READMEs are what the plugins do, and what their manifests say.
@Suite(.serialized) struct ReadmeTests {
    @Test(arguments: ["GitLabCI", "TravisCI"]) func `the fields are the manifest's`(name: String) throws {
        let page = Page(library: try name == "GitLabCI" ? .gitlab : .travis)
        try page.expect("fields", page.fields())
    }

    @Test func `the fields of exec are the manifest's`() throws {
        let page = Page(library: try .exec)
        try page.expect("fields", page.fields())
    }

    @Test func `each answer of GitLab ends as the README says`() throws {
        try Page(library: .gitlab).expect(
            "answers", AnswerRow.head + GitLabAnswers.rows.map { try $0.made(by: .gitlab) })
    }

    @Test func `each answer of Travis CI ends as the README says`() throws {
        try Page(library: .travis).expect(
            "answers", AnswerRow.head + TravisAnswers.rows.map { try $0.made(by: .travis) })
    }
}

/// What can become of a request whatever service it is for.
private let transport: [(String, Reply)] = [
    ("no connection", .error(KT_HTTP_UNREACHABLE, "connection refused")),
    ("connection lost", .error(KT_HTTP_LOST, "connection reset")),
    ("a certificate that cannot be trusted", .error(KT_HTTP_TLS, "self-signed certificate")),
    ("nothing in time", .error(KT_HTTP_TIMED_OUT, "30 s")),
]

private let names = #""access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#

private enum GitLabAnswers {
    private static let target = #"{"project":"acme/app",\#(names)}"#
    private static let file = #"{"project":"acme/app","shape":"credentials-file",\#(names)}"#
    private static let secretText = #"wJalrXUtnFEMI/K7MDENG+bPxRfiCY\"EXAMPLE\\KEY"#
    private static let id = variable("AWS_ACCESS_KEY_ID", "\"\(HostSession.keyID)\"")
    private static let secret = variable("AWS_SECRET_ACCESS_KEY", "\"\(secretText)\"")
    private static let missing = message(404, "404 Variable Not Found")

    private static func variable(_ key: String, _ value: String, scope: String = "*", type: String = "env_var")
        -> String
    {
        #"{"variable_type":"\#(type)","key":"\#(key)","value":\#(value),"hidden":\#(value == "null"),"#
            + #""environment_scope":"\#(scope)"}"#
    }

    private static func file(_ contents: String) -> Reply {
        .status(200, variable("AWS_SHARED_CREDENTIALS_FILE", "\"\(contents)\"", type: "file"))
    }

    private static func message(_ status: UInt32, _ text: String, _ headers: [String: String] = [:]) -> Reply {
        .status(status, #"{"message":"\#(text)"}"#, headers)
    }

    private static func oauth(_ status: UInt32, _ error: String, _ text: String, scope: String = "") -> Reply {
        .status(status, #"{"error":"\#(error)","error_description":"\#(text)"\#(scope)}"#)
    }

    private static func push(_ answer: String, _ replies: Reply..., to target: String = target) -> AnswerRow {
        AnswerRow(answer: answer, target: target, replies: replies)
    }

    static var rows: [AnswerRow] { written + refused + read }

    private static var written: [AnswerRow] {
        let contents =
            #"[default]\naws_access_key_id = \#(HostSession.keyID)\naws_secret_access_key = \#(secretText)\n"#
        let other = variable("AWS_SECRET_ACCESS_KEY", "\"\(secretText)\"", scope: "staging")
        return [
            push("200 with both variables", .status(200, secret), .status(200, id)),
            push("404 of the variable, then 201", missing, .status(201, secret), missing, .status(201, id)),
            push(
                "200 without a value: hidden", .status(200, variable("AWS_SECRET_ACCESS_KEY", "null")),
                .status(200, variable("AWS_ACCESS_KEY_ID", "null"))),
            push(
                "200 with the file variable", file(#"[audit]\nregion = x\n"#),
                .status(200, variable("AWS_SHARED_CREDENTIALS_FILE", "\"\(contents)\"", type: "file")), to: file),
            push(
                "the file variable has the profile twice", file(#"[default]\na = b\n[default]\n"#), to: file),
            push("200 with another scope", .status(200, other)),
            push("200 with another value", .status(200, variable("AWS_SECRET_ACCESS_KEY", "\"old\""))),
            push("200 with anything else", .status(200, "{}")),
            push("200 with a web page, such as a sign-in page", .status(200, "<html>sign in</html>")),
            push("203, from a proxy", .status(203, secret)), push("202", .status(202, secret)),
            push(
                "a web page to the second write", .status(200, secret),
                .status(404, "<html></html>", ["content-type": "text/html"])),
            push(
                "group with a scope: 201 with scope `*`", .status(200, "[]"),
                .status(201, variable("AWS_SECRET_ACCESS_KEY", "null")), .status(204), to: group),
            push(
                "group with a scope: 400, taken by scope `*`",
                .status(200, "[\(variable("AWS_SECRET_ACCESS_KEY", "null"))]"), taken, to: group),
        ]
    }

    private static let group = #"{"group":"acme","environment-scope":"production",\#(names)}"#
    private static let taken = Reply.status(
        400, #"{"message":{"key":["(AWS_SECRET_ACCESS_KEY) has already been taken"]}}"#)

    private static var refused: [AnswerRow] {
        [
            push(
                "301, 307, …, or 404, with a new place", .status(301, "", ["location": "/api/v4/projects/7/variables"]),
                .status(200, #"{"id":7,"path_with_namespace":"acme/new"}"#)),
            push(
                "405 of a moved project", message(405, "Non GET methods are not allowed for moved projects"),
                .status(301, "", ["location": "/api/v4/projects/7"]),
                .status(200, #"{"id":7,"path_with_namespace":"acme/new"}"#)),
            push("302 to a sign-in page", .status(302, "", ["location": "https://git.example/users/sign_in?x=1"])),
            push("3xx to elsewhere", .status(302, "", ["location": "https://other.example/"])),
            push(
                "403, 404 of a web server, which is a page",
                .status(404, "<html>Not Found</html>", ["content-type": "text/html"])),
            push(
                "403 in maintenance mode",
                message(403, "403 Forbidden - You cannot perform write operations on a read-only instance")),
            push("503 with Retry-After", .status(503, "", ["retry-after": "20"])),
            push("429 with a reset time only", .status(429, "Retry later", ["ratelimit-reset": "1795341620"])),
            push("429 with a Retry-After that cannot be read", .status(429, "", ["retry-after": "soon"])),
            push("403 in plain text", .status(403, "Forbidden", ["content-type": "text/plain"])),
            push("400 of a value or key", .status(400, #"{"message":{"value":["is invalid"]}}"#)),
            push("400 of a parameter", .status(400, #"{"error":"value is missing"}"#)),
            push("400, taken", missing, taken),
            push("401", message(401, "401 Unauthorized")),
            push("401, expired", oauth(401, "invalid_token", "Token is expired.")),
            push("401, revoked", oauth(401, "invalid_token", "Token was revoked.")),
            push("403", message(403, "403 Forbidden")),
            push(
                "403, a scope lacks", oauth(403, "insufficient_scope", "higher privileges", scope: #","scope":"api""#)),
            push("404 of the project or group", message(404, "404 Project Not Found")),
            push("409", message(409, "There are multiple variables with provided parameters")),
            push(
                "429 with Retry-After",
                .status(429, "Retry later", ["content-type": "text/plain", "retry-after": "17"])),
            push("429 without", .status(429, #"{"message":{"error":"too many"}}"#)),
            push("500, 502, 503", .status(502, "<html></html>", ["content-type": "text/html"])),
        ] + transport.map { AnswerRow(answer: $0.0, target: target, replies: [$0.1]) }
    }

    private static var read: [AnswerRow] {
        func ask(_ question: AnswerRow.Question, _ answer: String, _ reply: Reply, to target: String = target)
            -> AnswerRow
        {
            AnswerRow(answer: answer, question: question, target: target, replies: [reply])
        }
        let hidden = "[\(variable("AWS_SHARED_CREDENTIALS_FILE", "null"))]"
        func check(_ answer: String, _ token: Reply) -> AnswerRow {
            AnswerRow(answer: answer, question: .check, target: target, replies: [.status(200, "[\(id)]"), token])
        }
        func token(_ scope: String, _ end: String) -> Reply {
            .status(200, #"{"id":1,"scopes":["\#(scope)"],"expires_at":"\#(end)"}"#)
        }
        return [
            ask(.check, "200", .status(200, "[\(id)]")),
            check("200, and 200 about the token", token("api", "2027-01-01")),
            check("200, and a token that expires soon", token("api", "2026-11-25")),
            check("200, and a token that may only read", token("read_api", "2027-01-01")),
            ask(.check, "200, and the pair is next to the file", .status(200, "[\(id)]"), to: file),
            ask(.check, "200 with a hidden variable that is to be a file", .status(200, hidden), to: file),
            ask(.check, "403", message(403, "403 Forbidden")),
            ask(.inspect, "200", .status(200, id)),
            ask(.inspect, "200 without a value", .status(200, variable("AWS_ACCESS_KEY_ID", "null"))),
            ask(.inspect, "404", missing),
        ]
    }
}

private enum TravisAnswers {
    private static let file = #"{"repository":"acme/app","shape":"credentials-file",\#(names)}"#
    private static let target = #"{"repository":"acme/app",\#(names)}"#
    private static let secret = variable("AWS_SECRET_ACCESS_KEY")
    private static let id = variable("AWS_ACCESS_KEY_ID", HostSession.keyID, isPublic: true)

    private static func variable(_ name: String, _ value: String? = nil, isPublic: Bool = false) -> String {
        let value = value.map { #""value":"\#($0)","# } ?? ""
        return #"{"@type":"env_var","@permissions":{"read":true,"write":true},"id":"0f1e","name":"\#(name)",\#(value)"#
            + #""public":\#(isPublic),"branch":null}"#
    }

    private static func list(_ variables: String...) -> Reply {
        .status(200, #"{"env_vars":[\#(variables.joined(separator: ","))]}"#)
    }

    private static func error(_ status: UInt32, _ type: String, _ message: String) -> Reply {
        .status(status, #"{"@type":"error","error_type":"\#(type)","error_message":"\#(message)"}"#)
    }

    private static func push(_ answer: String, _ replies: Reply...) -> AnswerRow {
        AnswerRow(answer: answer, target: target, replies: replies)
    }

    static var rows: [AnswerRow] { written + refused + read }

    private static var written: [AnswerRow] {
        [
            push("200 with both variables", list(secret, id), .status(200, secret), .status(200, id)),
            push("201 with both variables", list(), .status(201, secret), .status(201, id)),
            AnswerRow(
                answer: "201 with the variable that holds both", target: file,
                replies: [list(), .status(201, variable("AWS_CREDENTIALS_FILE_BASE64"))]),
            push("several variables of the name and branch", list(secret, secret)),
            push(
                "201 with the wrong `public`", list(), .status(201, secret), .status(201, variable("AWS_ACCESS_KEY_ID"))
            ),
            push("201 about another variable", list(), .status(201, id)),
            push(
                "201 with another key ID", list(), .status(201, secret),
                .status(201, variable("AWS_ACCESS_KEY_ID", "AKIAOTHER", isPublic: true))),
            push("200 with anything else", .status(200, "{}")),
            push("200 with a web page, such as a sign-in page", .status(200, "<html>sign in</html>")),
        ]
    }

    private static var refused: [AnswerRow] {
        let plain = ["content-type": "text/plain"]
        return [
            push(
                "3xx to a repository's number",
                .status(301, "", ["location": "https://api.travis-ci.com/repo/9/env_vars"]),
                .status(200, #"{"id":9,"slug":"acme/new"}"#)),
            push("302 to a sign-in page", .status(302, "", ["location": "https://app.travis-ci.com/signin"])),
            push("3xx to elsewhere", .status(302, "", ["location": "https://other.example/"])),
            push(
                "403, 404 of a web server, which is a page",
                .status(404, "<html>Not Found</html>", ["content-type": "text/html"])),
            push(
                "a web page to the second write", list(secret, id), .status(200, secret),
                .status(404, "<html></html>", ["content-type": "text/html"])),
            push("203, from a proxy", list(secret, id), .status(203, secret)),
            push("503 with Retry-After", .status(503, "", ["retry-after": "20"])),
            push("503 in maintenance", .status(503, "Down for maintenance", ["content-type": "text/plain"])),
            push("429 with a Retry-After that cannot be read", .status(429, "", ["retry-after": "soon"])),
            push("400 `wrong_params`", error(400, "wrong_params", "wrong parameters")),
            push("401", .status(401)),
            push("403 `login_required`, `wrong_credentials`", error(403, "login_required", "login required")),
            push("403 in plain text: a refused token, or a ban", .status(403, "access denied", plain)),
            push("403 `insufficient_access`", list(), error(403, "insufficient_access", "forbidden")),
            push("403 `repo_migrated`", list(), error(403, "repo_migrated", "this repository has been migrated")),
            push("404", error(404, "not_found", "repository not found (or insufficient access)")),
            push("405", list(), error(405, "method_not_allowed", "method not allowed")),
            push("409", list(), error(409, "duplicate_resource", "resource already exists")),
            push("422", list(), error(422, "unprocessable_entity", "request unable to be processed")),
            push("429", .status(429, "Retry later", plain)),
            push("500, 502, 503", .status(502, "<html></html>", ["content-type": "text/html"])),
        ] + transport.map { AnswerRow(answer: $0.0, target: target, replies: [$0.1]) }
    }

    private static var read: [AnswerRow] {
        func ask(_ question: AnswerRow.Question, _ answer: String, _ reply: Reply) -> AnswerRow {
            AnswerRow(answer: answer, question: question, target: target, replies: [reply])
        }
        let readOnly = list(id.replacing(#""write":true"#, with: #""write":false"#))
        return [
            ask(.check, "200", list(id)), ask(.check, "200, an empty list", list()),
            ask(.check, "200, reading only", readOnly), ask(.check, "200, two of the name", list(id, id)),
            ask(.inspect, "200", list(id)), ask(.inspect, "200, a private key ID", list(variable("AWS_ACCESS_KEY_ID"))),
            ask(.inspect, "200 without the variable", list()),
        ]
    }
}
