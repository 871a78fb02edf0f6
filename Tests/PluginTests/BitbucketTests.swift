import CKeyturnPusher
import Foundation
import Testing

private let names = #""access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#
private let repository = #"{"workspace":"acme","repository":"app",\#(names)}"#
private let environment = #"{"workspace":"acme","repository":"app","environment":"Production",\#(names)}"#
private let workspace = #"{"workspace":"acme",\#(names)}"#
private let base = "https://api.bitbucket.org/2.0"
private let variables = "\(base)/repositories/acme/app/pipelines_config/variables"
private let environmentID = "{0e8c6d1a-5b2f-4c3d-9e7f-1a2b3c4d5e6f}"
private let secretID = "{11111111-5b2f-4c3d-9e7f-1a2b3c4d5e6f}"
private let keyID = "{22222222-5b2f-4c3d-9e7f-1a2b3c4d5e6f}"

private func list(_ items: String..., next: String? = nil) -> Reply {
    let next = next.map { #","next":"\#($0)""# } ?? ""
    return .status(200, #"{"page":1,"values":[\#(items.joined(separator: ","))]\#(next)}"#)
}

private func variable(_ id: String, _ key: String, _ value: String?, secured: Bool = false) -> String {
    let value = value.map { #","value":"\#($0)""# } ?? ""
    return #"{"type":"pipeline_variable","uuid":"\#(id)","key":"\#(key)","secured":\#(secured)\#(value)}"#
}

private func error(_ status: UInt32, _ text: String, _ headers: [String: String] = [:]) -> Reply {
    .status(status, #"{"type":"error","error":{"message":"\#(text)"}}"#, headers)
}

private let oldID = variable(keyID, "AWS_ACCESS_KEY_ID", "AKIAOLD1")
private let newID = variable(keyID, "AWS_ACCESS_KEY_ID", HostSession.keyID)
private let securedID = variable(keyID, "AWS_ACCESS_KEY_ID", nil, secured: true)
private let secret = variable(secretID, "AWS_SECRET_ACCESS_KEY", nil, secured: true)
private let openSecret = variable(secretID, "AWS_SECRET_ACCESS_KEY", "readable")
private let found = list(#"{"uuid":"\#(environmentID)","name":"Production"}"#)

@Suite("Bitbucket") struct BitbucketTests {
    private func push(_ target: String, _ replies: Reply...) throws -> Ending {
        try HostSession(.bitbucket).push(target, replies)
    }

    @Test func `a repository's variables are changed by their UUIDs, the secret first and secured`() throws {
        let end = try push(repository, list(oldID, secret), .status(200, secret), .status(200, newID))
        end.expect(
            KT_OK, "Bitbucket: acme/app: AWS_ACCESS_KEY_ID written (200), AWS_SECRET_ACCESS_KEY written (200)")
        #expect(end.report?.evidence == KT_EVIDENCE_READ_BACK)
        #expect(
            end.lines == [
                "GET \(variables)?pagelen=100", "PUT \(variables)/%7B\(secretID.dropFirst().dropLast())%7D",
                "PUT \(variables)/%7B\(keyID.dropFirst().dropLast())%7D",
            ])
        #expect(
            end.requests[1].body
                == #"{"key":"AWS_SECRET_ACCESS_KEY","value":"wJalrXUtnFEMI/K7MDENG+bPxRfiCY\"EXAMPLE\\KEY","secured":true}"#
        )
        #expect(
            end.requests[2].body == #"{"key":"AWS_ACCESS_KEY_ID","value":"AKIAIOSFODNN7EXAMPLE","secured":false}"#)
    }

    @Test func `variables that are not there are created, at each level in its own spelling`() throws {
        let end = try push(workspace, list(), .status(201, secret), .status(201, newID))
        #expect(end.outcome == KT_OK)
        #expect(end.lines[1...].allSatisfy { $0 == "POST \(base)/workspaces/acme/pipelines-config/variables" })
        let deployment = try push(environment, found, list(), .status(201, secret), .status(201, newID))
        deployment.expect(KT_OK, "Bitbucket: acme/app (Production): AWS_ACCESS_KEY_ID written (201)")
        let path = "\(base)/repositories/acme/app"
        let id = environmentID.dropFirst().dropLast()
        #expect(
            deployment.lines[...1] == [
                "GET \(path)/environments?pagelen=100",
                "GET \(path)/deployments_config/environments/%7B\(id)%7D/variables?pagelen=100",
            ])
    }

    @Test func `a secured key ID stays secured, and a readable secret is secured`() throws {
        let end = try push(repository, list(securedID, openSecret), .status(200, secret), .status(200, securedID))
        #expect(end.outcome == KT_OK && end.report?.evidence == KT_EVIDENCE_ACKNOWLEDGED)
        #expect(end.requests[1].body.hasSuffix(#""secured":true}"#))
        #expect(end.requests[2].body.hasSuffix(#""secured":true}"#))
    }

    @Test func `a secret that is readable after its write is a failure, and the key ID is not written`() throws {
        let end = try push(repository, list(oldID, secret), .status(200, openSecret))
        end.expect(KT_CONFLICT, "Bitbucket: AWS_SECRET_ACCESS_KEY in acme/app: 200, but it is not secured")
        #expect(end.requests.count == 2)
    }

    @Test func `an answer that shows another value or variable confirms nothing`() throws {
        try push(repository, list(oldID, secret), .status(200, secret), .status(200, oldID)).expect(
            KT_RETRYABLE, "Bitbucket: AWS_ACCESS_KEY_ID in acme/app: 200, but the answer shows another value")
        try push(repository, list(oldID, secret), .status(200, newID)).expect(
            KT_RETRYABLE, "Bitbucket: AWS_SECRET_ACCESS_KEY in acme/app: 200")
    }

    @Test func `a variable that the list shows late is looked for, and changed`() throws {
        let taken = error(409, "already exists")
        let end = try push(
            repository, list(oldID), taken, list(oldID), list(oldID, secret), .status(200, secret), .status(200, newID))
        #expect(end.outcome == KT_OK)
        #expect(end.lines[4].hasPrefix("PUT \(variables)/%7B11111111"))
        let session = try HostSession(.bitbucket)
        session.answering = { $0.method == "POST" ? taken : list() }
        let never = session.push(repository, [])
        never.expect(KT_RETRYABLE, "Bitbucket: AWS_SECRET_ACCESS_KEY in acme/app: 409: the variable is there")
        #expect(never.requests.count == 7)
    }

    @Test func `pages are followed as the answer says, and not out of the endpoint`() throws {
        let end = try push(
            repository, list(oldID, next: "\(variables)?page=2&pagelen=100"), list(secret), .status(200, secret),
            .status(200, newID))
        #expect(end.outcome == KT_OK && end.lines[1] == "GET \(variables)?page=2&pagelen=100")
        for other in [
            "https://elsewhere.example/2.0/x", "https://api.bitbucket.org.elsewhere.example/2.0", "\(base)x/y",
        ] {
            let led = try push(repository, list(oldID, next: other))
            led.expect(KT_RETRYABLE, "Bitbucket: acme/app: the list's next page is not below endpoint")
            #expect(led.requests.count == 1)
        }
        let session = try HostSession(.bitbucket)
        session.answering = { _ in list(next: "\(variables)?page=2") }
        let endless = session.push(repository, [])
        endless.expect(KT_INTERNAL, "Bitbucket: acme/app: the list does not end")
        #expect(endless.requests.count == 50)
    }

    @Test func `an environment that is not there, or there twice, is named`() throws {
        try push(environment, list(#"{"uuid":"\#(environmentID)","name":"production"}"#)).expect(
            KT_NOT_FOUND, "Bitbucket: acme/app (Production): there is no such deployment environment")
        let one = #"{"uuid":"\#(environmentID)","name":"Production"}"#
        try push(environment, list(one, one)).expect(
            KT_CONFLICT, "Bitbucket: acme/app (Production): Bitbucket names 2")
        #expect(try push(environment, list(#"{"uuid":"../x","name":"Production"}"#)).requests.count == 1)
    }

    @Test func `an API token goes with its email, and an access token alone`() throws {
        #expect(
            try push(repository, error(401, "no")).requests[0].headers["Authorization"]
                == "Bearer \(HostSession.token)")
        let configuration = #"{"token":"\#(HostSession.token)","email":"bot@acme.example"}"#
        let session = try HostSession(.bitbucket, configuration: configuration)
        #expect(
            session.push(repository, [error(401, "no")]).requests[0].headers["Authorization"]
                == "Basic Ym90QGFjbWUuZXhhbXBsZTp0b2tlbi0wMTIzNDU2Nzg5YWJjZGVm")
    }

    @Test func `inspect reads the key ID where it can be read`() throws {
        let session = try HostSession(.bitbucket)
        #expect(session.inspect(repository, [list(newID)]).report?.keyID == HostSession.keyID)
        let end = session.inspect(repository, [list(securedID)])
        end.expect(KT_OK, "Bitbucket: AWS_ACCESS_KEY_ID in acme/app: secured")
        #expect(end.report?.keyID == "")
    }

    @Test func `one secured variable holds a file with both, in base64`() throws {
        let file = #"{"workspace":"acme","repository":"app","shape":"credentials-file",\#(names)}"#
        let name = "AWS_CREDENTIALS_FILE_BASE64"
        let held = variable(secretID, name, nil, secured: true)
        let end = try push(file, list(oldID, held), .status(200, held))
        end.expect(KT_OK, "Bitbucket: acme/app: \(name) written (200)")
        #expect(end.report?.evidence == KT_EVIDENCE_ACKNOWLEDGED && end.requests.count == 2)
        let body = try #require(
            try JSONSerialization.jsonObject(with: Data(end.requests[1].body.utf8)) as? [String: Any])
        #expect(body["key"] as? String == name && body["secured"] as? Bool == true)
        let text = try #require(body["value"] as? String)
        let value = try #require(Data(base64Encoded: text))
        #expect(
            String(decoding: value, as: UTF8.self)
                == "[default]\naws_access_key_id = \(HostSession.keyID)\naws_secret_access_key = \(HostSession.secret)\n"
        )
        try push(file, list(), .status(201, variable(secretID, name, "x"))).expect(
            KT_CONFLICT, "Bitbucket: \(name) in acme/app: 201, but it is not secured")
        let session = try HostSession(.bitbucket)
        session.check(file, [list(oldID)]).expect(
            KT_OK, "Bitbucket: acme/app: ", "\(name) will be created", "AWS_ACCESS_KEY_ID is there as well")
        session.inspect(file, [list(held)]).expect(KT_OK, "Bitbucket: \(name) in acme/app: secured")
        let open = variable(secretID, name, text)
        let seen = session.inspect(file, [list(open)])
        #expect(seen.report?.keyID == HostSession.keyID && seen.message.contains("it is not secured"))
        session.push(file.replacing(#""credentials-file","#, with: #""pair","profile":"x","#), []).expect(
            KT_INVALID_CONFIG, "the target's fields: shape: ")
    }

    @Test func `each answer ends as the README says`() throws {
        try Page(library: .bitbucket).expect("answers", AnswerRow.head + rows.map { try $0.made(by: .bitbucket) })
    }

    @Test func `the fields are the manifest's`() throws {
        let page = Page(library: try .bitbucket)
        try page.expect("fields", page.fields())
    }

    private var rows: [AnswerRow] {
        func row(_ answer: String, _ replies: Reply..., to target: String = repository) -> AnswerRow {
            AnswerRow(answer: answer, target: target, replies: replies)
        }
        func ask(_ question: AnswerRow.Question, _ answer: String, _ reply: Reply) -> AnswerRow {
            AnswerRow(answer: answer, question: question, target: repository, replies: [reply])
        }
        let before = list(oldID, secret)
        return [
            row("200 with both variables", before, .status(200, secret), .status(200, newID)),
            row("201 with both variables", list(), .status(201, secret), .status(201, newID)),
            row(
                "200, and a key ID that is secured", list(securedID, secret), .status(200, secret),
                .status(200, securedID)),
            row(
                "201 with the variable that holds both", list(),
                .status(201, variable(secretID, "AWS_CREDENTIALS_FILE_BASE64", nil, secured: true)),
                to: #"{"workspace":"acme","repository":"app","shape":"credentials-file",\#(names)}"#),
            row("200 with another key ID", before, .status(200, secret), .status(200, oldID)),
            row("200 with a secret that is not secured", before, .status(200, openSecret)),
            row("a list without the environment", list(), to: environment),
            row("400", list(), error(400, "Bad request")),
            row("401", error(401, "Token is invalid, expired, or not supported for this endpoint.")),
            row("403", list(), error(403, "Your credentials lack one or more required privilege scopes.")),
            row(
                "403 for the kind of token", list(),
                error(403, "This API is not accessible by this authentication mechanism")),
            row("404", error(404, "Repository acme/app not found")),
            row("409 to a change", before, error(409, "conflict")),
            row("429", .status(429, "Rate limit for this resource has been exceeded", ["content-type": "text/plain"])),
            row("500, 502, 503", error(502, "Bad gateway")),
            row("200 with a web page", .status(200, "<html>sign in</html>")),
            row("302 to a sign-in page", .status(302, "", ["location": "https://id.atlassian.com/login"])),
            row("no connection", .error(KT_HTTP_UNREACHABLE, "connection refused")),
            ask(.check, "200", list(oldID)),
            ask(.check, "200 with a secret that is not secured", list(oldID, openSecret)),
            ask(.inspect, "200", list(oldID)), ask(.inspect, "200, secured", list(securedID)),
            ask(.inspect, "200 without the variable", list()),
        ]
    }
}
