import CKeyturnPusher
import Foundation
import Testing

private let names = #""access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#
private let repository = #"{"repository":"acme/app",\#(names)}"#
private let organization = #"{"organization":"acme",\#(names)}"#
private let user = #"{"user":true,\#(names)}"#
private let asVariable = #"{"repository":"acme/app","key-id-as":"variable",\#(names)}"#
private let asFile = #"{"repository":"acme/app","shape":"credentials-file",\#(names)}"#
private let base = "https://forgejo.example/api/v1"
private let actions = "\(base)/repos/acme/app/actions"
private let page = "?page=1&limit=50"

private func secret(_ name: String, description: String? = nil) -> String {
    let description = description.map { #","description":"\#($0)""# } ?? ""
    return #"{"name":"\#(name)","created_at":"2026-11-21T10:00:00Z"\#(description)}"#
}

private func variable(_ name: String, _ data: String, description: String? = nil) -> String {
    let description = description.map { #","description":"\#($0)""# } ?? ""
    return #"{"owner_id":1,"repo_id":2,"name":"\#(name)","data":"\#(data)"\#(description)}"#
}

private func list(_ items: String..., total: Int? = nil) -> Reply {
    .status(200, "[\(items.joined(separator: ","))]", ["x-total-count": "\(total ?? items.count)"])
}

private func error(_ status: UInt32, _ message: String) -> Reply {
    .status(status, #"{"message":"\#(message)","url":"https://forgejo.example/api/swagger"}"#)
}

private let both = list(secret("AWS_ACCESS_KEY_ID"), secret("AWS_SECRET_ACCESS_KEY"))
private let oldVariable = Reply.status(200, variable("AWS_ACCESS_KEY_ID", "AKIAOLD1"))
private let newVariable = Reply.status(200, variable("AWS_ACCESS_KEY_ID", HostSession.keyID))
private let missing = error(404, "variable not found")
private let done = Reply.status(204)
private let made = Reply.status(201)

@Suite("Forgejo") struct ForgejoTests {
    private func push(_ target: String, _ replies: Reply...) throws -> Ending {
        try HostSession(.forgejo).push(target, replies)
    }

    @Test func `two secrets are written, the secret first, and acknowledged`() throws {
        let end = try push(repository, both, done, done)
        end.expect(
            KT_OK, "Forgejo: acme/app: AWS_ACCESS_KEY_ID written (204), AWS_SECRET_ACCESS_KEY written (204)")
        #expect(end.report?.evidence == KT_EVIDENCE_ACKNOWLEDGED)
        #expect(
            end.lines == [
                "GET \(actions)/secrets\(page)", "PUT \(actions)/secrets/AWS_SECRET_ACCESS_KEY",
                "PUT \(actions)/secrets/AWS_ACCESS_KEY_ID",
            ])
        #expect(end.requests[1].body == #"{"data":"wJalrXUtnFEMI/K7MDENG+bPxRfiCY\"EXAMPLE\\KEY"}"#)
        #expect(end.requests[2].body == #"{"data":"AKIAIOSFODNN7EXAMPLE"}"#)
        #expect(end.requests[0].headers["Authorization"] == "token \(HostSession.token)")
        #expect(try push(repository, list(), made, made).outcome == KT_OK)
    }

    @Test func `the key ID as a variable is read back, whatever Forgejo and Gitea answer to writes`() throws {
        for answer in [done, made] {
            let end = try push(asVariable, list(), missing, answer, answer, newVariable)
            end.expect(
                KT_OK, "Forgejo: acme/app: AWS_ACCESS_KEY_ID written (\(answer.status)), AWS_SECRET_ACCESS_KEY written")
            #expect(end.report?.evidence == KT_EVIDENCE_READ_BACK)
            #expect(end.lines[3] == "POST \(actions)/variables/AWS_ACCESS_KEY_ID")
            #expect(end.requests[3].body == #"{"value":"AKIAIOSFODNN7EXAMPLE"}"#)
        }
        let change = try push(asVariable, list(), oldVariable, done, done, newVariable)
        #expect(change.outcome == KT_OK && change.lines[3] == "PUT \(actions)/variables/AWS_ACCESS_KEY_ID")
        for shown in [oldVariable, missing] {
            try push(asVariable, list(), oldVariable, done, done, shown).expect(
                KT_RETRYABLE, "Forgejo: AWS_ACCESS_KEY_ID in acme/app: written, but the variable does not show")
        }
    }

    @Test func `a secret of the variable's name is written as well, for jobs may read either`() throws {
        let end = try push(asVariable, list(secret("aws_access_key_id")), oldVariable, done, done, done, newVariable)
        end.expect(KT_OK, "Forgejo: acme/app: ", "secret AWS_ACCESS_KEY_ID written (204)")
        #expect(end.lines[3] == "PUT \(actions)/secrets/AWS_ACCESS_KEY_ID")
    }

    @Test func `Gitea's descriptions are sent again, and only where there are some`() throws {
        let described = list(
            secret("AWS_ACCESS_KEY_ID", description: "of \\\"ops\\\""), secret("AWS_SECRET_ACCESS_KEY", description: "")
        )
        let end = try push(repository, described, done, done)
        #expect(!end.requests[1].body.contains("description"))
        #expect(end.requests[2].body == #"{"data":"AKIAIOSFODNN7EXAMPLE","description":"of \"ops\""}"#)
        let old = Reply.status(200, variable("AWS_ACCESS_KEY_ID", "AKIAOLD1", description: "theirs"))
        let change = try push(asVariable, list(), old, done, done, newVariable)
        #expect(change.requests[3].body == #"{"value":"AKIAIOSFODNN7EXAMPLE","description":"theirs"}"#)
    }

    @Test func `one secret holds a file with both`() throws {
        let end = try push(asFile, both, made)
        end.expect(KT_OK, "Forgejo: acme/app: AWS_CREDENTIALS_FILE written (201)")
        #expect(end.lines[1] == "PUT \(actions)/secrets/AWS_CREDENTIALS_FILE" && end.requests.count == 2)
        let body = try #require(
            try JSONSerialization.jsonObject(with: Data(end.requests[1].body.utf8)) as? [String: String])
        #expect(
            body["data"]
                == "[default]\naws_access_key_id = \(HostSession.keyID)\naws_secret_access_key = \(HostSession.secret)\n"
        )
    }

    @Test func `each place has its paths`() throws {
        let end = try push(organization, list(), made, made)
        end.expect(KT_OK, "Forgejo: organization acme: ")
        #expect(end.lines[1] == "PUT \(base)/orgs/acme/actions/secrets/AWS_SECRET_ACCESS_KEY")
        let own = try push(user, list(), made, made)
        own.expect(KT_OK, "Forgejo: the token's user: ")
        #expect(own.lines[1] == "PUT \(base)/user/actions/secrets/AWS_SECRET_ACCESS_KEY")
        let below = try HostSession(
            .forgejo, configuration: #"{"token":"\#(HostSession.token)","endpoint":"https://example.com/git/"}"#)
        #expect(below.push(user, []).lines[0] == "GET https://example.com/git/api/v1/user/actions/secrets\(page)")
    }

    @Test func `an older Forgejo has no list of a user's secrets`() throws {
        for status: UInt32 in [404, 405] {
            let end = try push(user, error(status, "no"), .status(200, #"{"id":1,"login":"bot"}"#), made, made)
            #expect(end.outcome == KT_OK && end.lines[1] == "GET \(base)/user")
            try push(user, error(status, "no"), error(401, "token is required")).expect(
                KT_UNAUTHORIZED, "Forgejo: the token's user: 401")
        }
        try push(repository, error(404, "no")).expect(KT_NOT_FOUND, "Forgejo: acme/app: 404")
    }

    @Test func `all pages of a list are read, also where they are short`() throws {
        let end = try push(
            repository, list(secret("A"), total: 3), list(secret("B"), total: 3),
            list(secret("AWS_ACCESS_KEY_ID", description: "d"), total: 3), done, done)
        #expect(Array(end.lines.prefix(3)) == [1, 2, 3].map { "GET \(actions)/secrets?page=\($0)&limit=50" })
        #expect(end.requests.count == 5 && end.requests.last?.body.contains(#""description":"d""#) == true)
        let untold = Reply.status(200, "[\(secret("A"))]")
        #expect(try push(repository, untold, .status(200, "[]"), done, done).outcome == KT_OK)
        let session = try HostSession(.forgejo)
        session.answering = { _ in list(secret("A"), total: 1_000_000) }
        let endless = session.push(repository, [])
        endless.expect(KT_INTERNAL, "Forgejo: acme/app: the list does not end")
        #expect(endless.requests.count == 40)
    }

    @Test func `a renamed repository is named, and its new place gets no secret`() throws {
        let moved = Reply.status(307, "", ["location": "https://forgejo.example/api/v1/repos/acme/new/actions/secrets"])
        let end = try push(repository, moved)
        end.expect(KT_NOT_FOUND, "Forgejo: acme/app: 307: it was renamed or moved")
        #expect(end.requests.count == 1)
        let late = try push(repository, both, moved)
        #expect(late.outcome == KT_NOT_FOUND && late.requests.count == 2)
    }

    @Test func `a variable that someone created in the meantime is written at the next try`() throws {
        try push(asVariable, list(), missing, done, error(409, "already exists")).expect(
            KT_RETRYABLE, "Forgejo: AWS_ACCESS_KEY_ID in acme/app: 409")
    }

    @Test func `who may not is said with the way out`() throws {
        let scope = error(403, "token does not have at least one of required scope(s): [write:repository]")
        try push(repository, list(), scope).expect(
            KT_UNAUTHORIZED, "Forgejo: AWS_SECRET_ACCESS_KEY in acme/app: 403", "make a new one with write:repository")
        try push(organization, error(403, "Must be an organization owner")).expect(
            KT_UNAUTHORIZED, "Forgejo: organization acme: 403", "owner of the organization")
        try push(repository, error(403, "user should be the owner of the repo")).expect(
            KT_UNAUTHORIZED, "Forgejo: acme/app: 403", "has to own the repository")
    }

    @Test(arguments: [
        #""access-key-id":"GITHUB_KEY","secret-access-key":"S""#,
        #""access-key-id":"gitea_key","secret-access-key":"S""#,
        #""access-key-id":"K","secret-access-key":"FORGEJO_S""#, #""access-key-id":"Same","secret-access-key":"SAME""#,
        #""shape":"credentials-file","credentials-file":"GITEA_X","access-key-id":"K","secret-access-key":"S""#,
        #""shape":"credentials-file","key-id-as":"variable","access-key-id":"K","secret-access-key":"S""#,
        #""profile":"x","access-key-id":"K","secret-access-key":"S""#,
        #""user":true,"access-key-id":"K","secret-access-key":"S""#,
    ])
    func `what cannot be is refused before anything is sent`(fields: String) throws {
        let end = try push(#"{"repository":"acme/app",\#(fields)}"#)
        end.expect(KT_INVALID_CONFIG, "the target's fields: ")
        #expect(end.requests.isEmpty)
    }

    @Test func `a configuration without endpoint opens nothing`() throws {
        let session = try HostSession(.forgejo, configuration: #"{"token":"\#(HostSession.token)"}"#)
        #expect(session.openOutcome == KT_INVALID_CONFIG)
    }

    @Test func `check says what is there and what would keep jobs from using it`() throws {
        let session = try HostSession(.forgejo)
        let off = Reply.status(200, #"{"id":1,"full_name":"acme/app","has_actions":false,"archived":true}"#)
        session.check(repository, [off, list(secret("AWS_ACCESS_KEY_ID"))]).expect(
            KT_OK, "Forgejo: acme/app: the secrets can be listed", "Actions are off", "archived",
            "AWS_ACCESS_KEY_ID exists, AWS_SECRET_ACCESS_KEY will be created")
        let on = Reply.status(200, #"{"id":1,"full_name":"acme/app","has_actions":true}"#)
        session.check(asVariable, [on, both, missing]).expect(
            KT_OK, "Forgejo: acme/app: ", "AWS_ACCESS_KEY_ID will be created, as a variable",
            "a secret of that name is there")
        session.check(asFile, [on, both]).expect(
            KT_OK, "Forgejo: ", "AWS_ACCESS_KEY_ID is there as well: delete the pair")
        session.check(user, [error(404, "no"), .status(200, #"{"id":1,"login":"bot"}"#)]).expect(
            KT_OK, "Forgejo: the token's user: the token works, and this Forgejo does not list a user's secrets")
    }

    @Test func `inspect reads a variable, and nothing of a secret`() throws {
        let session = try HostSession(.forgejo)
        #expect(session.inspect(asVariable, [newVariable]).report?.keyID == HostSession.keyID)
        session.inspect(asVariable, [missing]).expect(KT_NOT_FOUND, "Forgejo: AWS_ACCESS_KEY_ID in acme/app")
        let end = session.inspect(repository, [both])
        end.expect(KT_OK, "Forgejo: AWS_ACCESS_KEY_ID in acme/app: Forgejo shows nothing")
        #expect(end.report?.keyID == "" && end.report?.changedAt == "")
        session.inspect(repository, [list()]).expect(KT_NOT_FOUND, "Forgejo: AWS_ACCESS_KEY_ID in acme/app")
    }

    @Test func `variables around it are read one by one where the list leaves values out, and the organization's too`()
        throws
    {
        let session = try HostSession(.forgejo)
        let end = session.find(
            repository,
            [
                list(variable("OTHER", ""), variable("REGION", "us-west-2")),
                .status(200, variable("OTHER", "AKIAOTHEROTHEROTHER0")),
                list(variable("AWS_ACCESS_KEY_ID", HostSession.keyID)), list(secret("AWS_ACCESS_KEY_ID"), secret("X")),
            ])
        end.expect(KT_OK, "3 places around it")
        #expect(
            session.found.map(\.place) == [
                "acme/app, variable OTHER", "organization acme, variable AWS_ACCESS_KEY_ID",
                "organization acme, secret AWS_ACCESS_KEY_ID",
            ])
        #expect(session.found.map(\.keyID) == ["AKIAOTHEROTHEROTHER0", HostSession.keyID, ""])
        #expect(
            session.found[0].fields
                == #"{"repository":"acme/app","shape":"pair","key-id-as":"variable","access-key-id":"OTHER"}"#)
        let alone = session.find(
            asVariable, [list(variable("AWS_ACCESS_KEY_ID", HostSession.keyID)), missing, missing])
        alone.expect(KT_OK, "0 places around it")
    }

    @Test func `each answer ends as the README says`() throws {
        try Page(library: .forgejo).expect("answers", AnswerRow.head + rows.map { try $0.made(by: .forgejo) })
    }

    @Test func `the fields are the manifest's`() throws {
        let page = Page(library: try .forgejo)
        try page.expect("fields", page.fields())
    }

    private var rows: [AnswerRow] {
        func row(_ answer: String, _ replies: Reply..., to target: String = repository) -> AnswerRow {
            AnswerRow(answer: answer, target: target, replies: replies)
        }
        func ask(_ question: AnswerRow.Question, _ answer: String, _ replies: Reply..., of target: String = repository)
            -> AnswerRow
        {
            AnswerRow(answer: answer, question: question, target: target, replies: replies)
        }
        let shown = Reply.status(200, #"{"id":1,"full_name":"acme/app","has_actions":true}"#)
        return [
            row("204 to both secrets", both, done, done), row("201 to both secrets", list(), made, made),
            row("204, and 200 with the variable", list(), oldVariable, done, done, newVariable, to: asVariable),
            row(
                "204, and a variable with another key ID", list(), oldVariable, done, done, oldVariable, to: asVariable),
            row("201 to the secret that holds both", list(), made, to: asFile),
            row("400", list(), error(400, "invalid secret name")),
            row("401", error(401, "token is required")),
            row(
                "403 of a scope", list(),
                error(403, "token does not have at least one of required scope(s): [write:repository]")),
            row("403 of a user", error(403, "user should be the owner of the repo")),
            row("403 of an organization", error(403, "Must be an organization owner"), to: organization),
            row("404", error(404, "The target couldn't be found.")),
            row(
                "409 to the creation of a variable", list(), missing, done, error(409, "already exists"), to: asVariable
            ),
            row("422", list(), error(422, "[Data]: Required")),
            row(
                "429 of a proxy", .status(429, "Too many requests", ["content-type": "text/plain", "retry-after": "9"])),
            row("500, 502, 503", error(500, "")),
            row("200 with a web page", .status(200, "<html>sign in</html>")),
            row(
                "307 to a new name",
                .status(307, "", ["location": "https://forgejo.example/api/v1/repos/acme/new/actions/secrets"])),
            row("302 to a sign-in page", .status(302, "", ["location": "https://forgejo.example/user/login"])),
            row("no connection", .error(KT_HTTP_UNREACHABLE, "connection refused")),
            ask(.check, "200", shown, both),
            ask(.check, "200, and 404 of the variable", shown, list(), missing, of: asVariable),
            ask(.inspect, "200 with the secret", both),
            ask(.inspect, "200 with the variable", newVariable, of: asVariable),
            ask(.inspect, "404", missing, of: asVariable),
        ]
    }
}
