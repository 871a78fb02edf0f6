import CKeyturnPusher
import Testing

private let names = #""access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#
private let target = #"{"path":"ci/app",\#(names)}"#
private let unversioned = #"{"path":"ci/app","mount":"kv","engine-version":1,\#(names)}"#
private let server = "https://vault.example.com:8200"
private let configuration = #"{"token":"\#(HostSession.token)","endpoint":"\#(server)"}"#
private let base = "\(server)/v1"
private let secretText = #"wJalrXUtnFEMI/K7MDENG+bPxRfiCY\"EXAMPLE\\KEY"#
private let pair = #""AWS_ACCESS_KEY_ID":"\#(HostSession.keyID)","AWS_SECRET_ACCESS_KEY":"\#(secretText)""#
private let oldPair = #""AWS_ACCESS_KEY_ID":"AKIAOLD1","AWS_SECRET_ACCESS_KEY":"old""#

private func version(_ number: Int, _ fields: String?, deleted: String = "") -> Reply {
    let data = fields.map { "{\($0)}" } ?? "null"
    return .status(
        fields == nil ? 404 : 200,
        #"{"request_id":"r","data":{"data":\#(data),"metadata":{"created_time":"2026-11-22T09:00:00Z","deletion_time":"\#(deleted)","#
            + #""destroyed":false,"version":\#(number)}}}"#)
}

private func written(_ number: Int) -> Reply {
    .status(
        200,
        #"{"data":{"created_time":"2026-11-22T10:00:00Z","deletion_time":"","destroyed":false,"version":\#(number)}}"#)
}

private func metadata(_ number: Int, deletion: String = "", destroyed: Bool = false) -> Reply {
    .status(
        200,
        #"{"data":{"current_version":\#(number),"updated_time":"2026-11-22T10:00:00.5Z","versions":{"\#(number)":"#
            + #"{"created_time":"2026-11-22T10:00:00Z","deletion_time":"\#(deletion)","destroyed":\#(destroyed)}}}}"#)
}

private func errors(_ status: UInt32, _ texts: String..., warnings: String? = nil, headers: [String: String] = [:])
    -> Reply
{
    let list = texts.map { "\"\($0)\"" }.joined(separator: ",")
    return .status(status, #"{"errors":[\#(list)]\#(warnings.map { #","warnings":["\#($0)"]"# } ?? "")}"#, headers)
}

private func mount(_ version: Int, type: String = "kv") -> Reply {
    .status(200, #"{"data":{"type":"\#(type)","path":"secret/","options":{"version":"\#(version)"}}}"#)
}

private func plain(_ fields: String) -> Reply { .status(200, #"{"lease_duration":2764800,"data":{\#(fields)}}"#) }

private let nothing = errors(404)
private let denied = errors(403, "permission denied")
private let isKept = #"{"auth":{"client_token":"hvs.login-1","lease_duration":3600,"renewable":true}}"#

@Suite("Vault") struct VaultKVTests {
    private func session() throws -> HostSession { try HostSession(.vault, configuration: configuration) }

    private func push(_ target: String = target, _ replies: Reply...) throws -> Ending {
        try session().push(target, replies)
    }

    @Test func `one patch writes both fields over the version that was read`() throws {
        let end = try push(target, version(4, "\(oldPair),\"other\":{\"deep\":[1]}"), written(5), version(5, pair))
        end.expect(KT_OK, "Vault: secret/ci/app: written as version 5 and read back")
        #expect(end.report?.evidence == KT_EVIDENCE_READ_BACK)
        let path = "\(base)/secret/data/ci/app"
        #expect(end.lines == ["GET \(path)", "PATCH \(path)", "GET \(path)"])
        #expect(end.requests[1].headers["Content-Type"] == "application/merge-patch+json")
        #expect(end.requests[1].body == #"{"data":{\#(pair)},"options":{"cas":4}}"#)
    }

    @Test func `a secret that is not there is created, once the mount is known to be of that version`() throws {
        let end = try push(target, nothing, mount(2), written(1), version(1, pair))
        end.expect(KT_OK, "Vault: secret/ci/app: written as version 1 and read back")
        #expect(
            end.lines[1...2] == ["GET \(base)/sys/internal/ui/mounts/secret/ci/app", "POST \(base)/secret/data/ci/app"])
        #expect(end.requests[2].body == #"{"data":{\#(pair)},"options":{"cas":0}}"#)
        let wrong = try push(target, nothing, mount(1))
        wrong.expect(
            KT_INVALID_CONFIG, "Vault: secret/ci/app: secret is a key-value store of version 1", "engine-version: 1")
        #expect(wrong.requests.count == 2)
        try push(target, nothing, mount(1, type: "pki")).expect(
            KT_INVALID_CONFIG, "Vault: secret/ci/app: secret is not a key-value store but pki")
        #expect(try push(target, nothing, denied, written(1), version(1, pair)).outcome == KT_OK)
    }

    @Test func `a deleted version is followed by a new one`() throws {
        let end = try push(
            target, version(3, nil, deleted: "2026-11-20T00:00:00Z"), mount(2), written(4), version(4, pair))
        end.expect(KT_OK, "Vault: secret/ci/app: written as version 4")
        #expect(end.requests[2].method == "POST" && end.requests[2].body.hasSuffix(#""options":{"cas":3}}"#))
    }

    @Test func `a pair that is there already, as after a lost reply, is not written again`() throws {
        let end = try push(target, version(5, pair))
        end.expect(KT_UNCHANGED, "Vault: secret/ci/app: it holds this pair already")
        #expect(end.requests.count == 1)
        for half in [
            #""AWS_ACCESS_KEY_ID":"\#(HostSession.keyID)","AWS_SECRET_ACCESS_KEY":"old""#, #""AWS_ACCESS_KEY_ID":7"#,
        ] {
            #expect(try push(target, version(5, half), written(6), version(6, pair)).outcome == KT_OK)
        }
    }

    @Test func `what passes is retryable`() throws {
        for (status, text) in [
            (400, "check-and-set parameter did not match the current version"),
            (400, "Upgrading from non-versioned to versioned data. This backend will be unavailable"), (412, "not yet"),
            (472, "standby"), (473, "standby"), (500, "fault"), (503, "Vault is sealed"),
        ] {
            try push(target, version(4, oldPair), errors(UInt32(status), text)).expect(
                KT_RETRYABLE, "Vault: secret/ci/app: \(status)")
            try push(target, errors(UInt32(status), text)).expect(KT_RETRYABLE, "Vault: secret/ci/app: \(status)")
        }
    }

    @Test func `what was written over is no yes, nor is an answer with an older version`() throws {
        try push(target, version(4, oldPair), written(5), version(6, oldPair)).expect(
            KT_RETRYABLE, "Vault: secret/ci/app: written as version 5, and something else is there now")
        try push(target, version(4, oldPair), written(4)).expect(KT_RETRYABLE, "Vault: secret/ci/app: 200")
        try push(target, version(4, oldPair), .status(204)).expect(KT_RETRYABLE, "Vault: secret/ci/app: 204")
    }

    @Test func `without the right to read, the version is the evidence`() throws {
        let end = try push(target, denied, metadata(4), written(5), denied, metadata(5))
        end.expect(KT_OK, "Vault: secret/ci/app: written as version 5, which is the current one")
        #expect(end.report?.evidence == KT_EVIDENCE_VERSION && end.report?.changedAt == "2026-11-22T10:00:00.5Z")
        #expect(end.requests[2].method == "PATCH" && end.requests[2].body.hasSuffix(#""options":{"cas":4}}"#))
        try push(target, denied, metadata(4), written(5), denied, metadata(6)).expect(
            KT_RETRYABLE, "Vault: secret/ci/app: written as version 5, and something else")
        for gone in [metadata(4, deletion: "2026-11-20T00:00:00Z"), metadata(4, destroyed: true)] {
            let end = try push(target, denied, gone, mount(2), written(5), denied, metadata(5))
            #expect(end.outcome == KT_OK && end.requests.contains { $0.method == "POST" })
        }
        try push(target, denied, denied).expect(KT_UNAUTHORIZED, "Vault: secret/ci/app: 403 (permission denied)")
    }

    @Test func `version 1 gets back all that was there, with the pair in it`() throws {
        let others = #""count":1.5,"deep":{"list":[1,"a",null,true]},"ttl":"1h","empty":null"#
        let end = try push(unversioned, plain("\(oldPair),\(others)"), .status(204), plain("\(pair),\(others)"))
        end.expect(KT_OK, "Vault: kv/ci/app: written and read back")
        #expect(end.lines == ["GET", "POST", "GET"].map { "\($0) \(base)/kv/ci/app" })
        #expect(end.requests[1].body == "{\(pair),\(others)}")
        let created = try push(unversioned, nothing, mount(1), .status(204), plain(pair))
        #expect(created.outcome == KT_OK && created.requests[2].body == "{\(pair)}")
        try push(unversioned, plain(oldPair), .status(204), plain(oldPair)).expect(
            KT_RETRYABLE, "Vault: kv/ci/app: written, and something else is there now")
        try push(unversioned, denied).expect(KT_UNAUTHORIZED, "Vault: kv/ci/app: 403")
    }

    @Test func `a path of version 1 on a mount of version 2 is named`() throws {
        let warning = "Invalid path for a versioned K/V secrets engine. See the API docs"
        let end = try push(unversioned, errors(404, warnings: warning))
        end.expect(KT_INVALID_CONFIG, "Vault: kv/ci/app: 404", "set engine-version: 2")
        try push(unversioned, nothing, mount(2)).expect(
            KT_INVALID_CONFIG, "Vault: kv/ci/app: kv is a key-value store of version 2")
    }

    @Test func `mounts, paths and namespaces are sent as they are, and encoded`() throws {
        let place = #"{"path":"a b/%/app","mount":"secret","namespace":"ci/team",\#(names)}"#
        let end = try push(place, version(1, pair))
        end.expect(KT_UNCHANGED, "Vault: secret/a b/%/app in namespace ci/team: ")
        #expect(end.lines == ["GET \(base)/secret/data/a%20b/%25/app"])
        #expect(
            end.requests[0].headers["X-Vault-Namespace"] == "ci/team"
                && end.requests[0].headers["X-Vault-Request"] == "true")
    }

    @Test func `check compares the engine and the token's capabilities, and writes nothing`() throws {
        let capable = Reply.status(200, #"{"data":{"capabilities":["create","read","update","patch"]}}"#)
        let readOnly = Reply.status(200, #"{"data":{"capabilities":["read","update"]}}"#)
        let end = Reply.status(200, #"{"data":{"expire_time":"2026-11-23T10:00:00Z","ttl":86400}}"#)
        let good = try session().check(target, [mount(2), version(4, oldPair), capable, end])
        good.expect(
            KT_OK, "Vault: secret/ci/app: the secret can be read", "it can be written", "the token expires in 24 hours")
        try session().check(target, [mount(2), version(4, oldPair), readOnly]).expect(
            KT_UNAUTHORIZED, "Vault: secret/ci/app: the token's policy lacks patch")
        try session().check(target, [mount(2), nothing, readOnly]).expect(
            KT_UNAUTHORIZED, "Vault: secret/ci/app: the token's policy lacks create")
        try session().check(target, [mount(2), version(3, nil), capable, denied]).expect(
            KT_OK, "Vault: secret/ci/app: version 3 of the secret is deleted; a push writes version 4")
        try session().check(target, [mount(2), denied, metadata(4), denied, denied]).expect(
            KT_OK, "Vault: secret/ci/app: the secret is there, and the token may see its version",
            "shows at the first push")
        try session().check(target, [mount(1)]).expect(KT_INVALID_CONFIG, "Vault: secret/ci/app: ", "engine-version: 1")
    }

    @Test func `inspect reads the key ID, or the time of writing`() throws {
        #expect(try session().inspect(target, [version(5, pair)]).report?.keyID == HostSession.keyID)
        let hidden = try session().inspect(target, [denied, metadata(5)])
        #expect(hidden.report?.keyID == "" && hidden.report?.changedAt == "2026-11-22T10:00:00.5Z")
        try session().inspect(target, [nothing]).expect(
            KT_NOT_FOUND, "Vault: secret/ci/app: there is no such secret yet")
        try session().inspect(target, [version(3, nil)]).expect(KT_NOT_FOUND, "Vault: secret/ci/app: version 3")
    }

    @Test func `an AppRole logs in once, and again where its token is refused`() throws {
        let role =
            #"{"role-id":"role-0001","secret-id":"\#(HostSession.token)","endpoint":"\#(server)","namespace":"admin"}"#
        let session = try HostSession(.vault, configuration: role)
        let login = Reply.status(200, isKept)
        let first = session.push(target, [login, version(5, pair)])
        #expect(first.outcome == KT_UNCHANGED)
        #expect(first.requests[0].line == "POST \(base)/auth/approle/login")
        #expect(
            first.requests[0].headers["X-Vault-Namespace"] == "admin"
                && first.requests[0].headers["X-Vault-Token"] == nil)
        #expect(first.requests[1].headers["X-Vault-Token"] == "hvs.login-1")
        #expect(session.push(target, [version(5, pair)]).requests.count == 1)
        let other = Reply.status(200, isKept.replacing("login-1", with: "login-2"))
        let again = session.push(target, [denied, other, version(5, pair)])
        #expect(again.outcome == KT_UNCHANGED && again.requests[2].headers["X-Vault-Token"] == "hvs.login-2")
        // A token that has just come is not the fault.
        session.push(target, [denied, other, denied, denied]).expect(KT_UNAUTHORIZED, "Vault: secret/ci/app: 403")
        let refused = try HostSession(.vault, configuration: role).push(
            target, [errors(400, "invalid role or secret ID")])
        refused.expect(KT_UNAUTHORIZED, "Vault: secret/ci/app: 400", "check role-id and secret-id")
    }

    @Test(arguments: [
        #"{"endpoint":"https://x"}"#,
        #"{"token":"t0ken-0123456789","role-id":"r","secret-id":"s","endpoint":"https://x"}"#,
        #"{"role-id":"r","endpoint":"https://x"}"#, #"{"token":"a b","endpoint":"https://x"}"#,
        #"{"token":"t0ken-0123456789"}"#,
    ])
    func `a configuration that cannot work is refused`(configuration: String) throws {
        #expect(try HostSession(.vault, configuration: configuration).openOutcome == KT_INVALID_CONFIG)
    }

    @Test func `each answer ends as the README says`() throws {
        try Page(library: .vault).expect(
            "answers", AnswerRow.head + rows.map { try $0.made(by: .vault, configuration: configuration) })
    }

    @Test func `the fields are the manifest's`() throws {
        let page = Page(library: try .vault)
        try page.expect("fields", page.fields())
    }

    private var rows: [AnswerRow] {
        func row(_ answer: String, _ replies: Reply..., to target: String = target) -> AnswerRow {
            AnswerRow(answer: answer, target: target, replies: replies)
        }
        func ask(_ question: AnswerRow.Question, _ answer: String, _ replies: Reply...) -> AnswerRow {
            AnswerRow(answer: answer, question: question, target: target, replies: replies)
        }
        let found = version(4, oldPair)
        let capable = Reply.status(200, #"{"data":{"capabilities":["read","patch"]}}"#)
        return [
            row("200, and the pair is read back", found, written(5), version(5, pair)),
            row("404 of the secret, then 200", nothing, mount(2), written(1), version(1, pair)),
            row("200, and the pair is there", version(5, pair)),
            row(
                "403 to reads, and the metadata show the new version", denied, metadata(4), written(5), denied,
                metadata(5)),
            row(
                "version 1: 204, and the pair is read back", plain(oldPair), .status(204), plain(pair), to: unversioned),
            row("200, and another pair is read back", found, written(5), version(6, oldPair)),
            row("404, and the mount is of version 1", nothing, mount(1)),
            row(
                "404 with a warning about versioned engines",
                errors(404, warnings: "Invalid path for a versioned K/V secrets engine"), to: unversioned),
            row("404 with an error", errors(404, "no handler for route secret/data/ci/app")),
            row("400, check-and-set", found, errors(400, "check-and-set parameter did not match the current version")),
            row("400, upgrading", errors(400, "Upgrading from non-versioned to versioned data")),
            row("400", found, errors(400, "no data provided")),
            row("403", denied, denied),
            row("405", found, errors(405, "unsupported operation")),
            row("412", errors(412, "required index state not present")),
            row(
                "429 with Retry-After",
                errors(429, "request path secret/data/ci/app: rate limit quota exceeded", headers: ["retry-after": "2"])
            ),
            row("473", errors(473, "performance standby")),
            row("500, 502", errors(502, "bad gateway")),
            row("503, sealed", errors(503, "Vault is sealed")),
            row("200 with a web page", .status(200, "<html>sign in</html>")),
            row("no connection", .error(KT_HTTP_UNREACHABLE, "connection refused")),
            ask(
                .check, "200, and the policy allows it", mount(2), found, capable,
                .status(200, #"{"data":{"expire_time":null}}"#)),
            ask(
                .check, "200, and the policy lacks a capability", mount(2), found,
                .status(200, #"{"data":{"capabilities":["read"]}}"#)),
            ask(.inspect, "200", found),
            ask(.inspect, "403 to reads", denied, metadata(4)),
            ask(.inspect, "404, deleted", version(3, nil, deleted: "2026-11-20T00:00:00Z")),
        ]
    }
}
