import CKeyturnPusher
import Foundation
import Testing

private let names = #""access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#
private let target = #"{"organization":"acme","project":"our app","variable-group":"aws",\#(names)}"#
private let base = "https://dev.azure.com/acme"
private let groups = "\(base)/our%20app/_apis/distributedtask/variablegroups"
private let lookup = "GET \(groups)?groupName=aws&api-version=7.1"
private let subject = "Azure DevOps: variable group aws of acme/our app"
private let projects =
    #"[{"name":"aws","description":null,"projectReference":{"id":"7c2f0b9e-1d4a-4f6b-8c3e-2a1b0c9d8e7f","name":"our app"}},"#
    + #"{"name":"aws-2","description":"theirs","projectReference":{"id":"11111111-1d4a-4f6b-8c3e-2a1b0c9d8e7f","name":"other"}}]"#

private let old = "2026-11-22T10:00:00.12Z"
private let new = "2026-11-22T11:00:00.1234567Z"

/// A group: its variables as JSON without braces.
private func group(
    _ variables: String, at time: String = old, type: String = "Vsts", references: String? = projects,
    name: String = "aws"
) -> String {
    let references = references ?? "null"
    return #"{"id":7,"type":"\#(type)","name":"\#(name)","description":"keys \"of\" app","variables":{\#(variables)},"#
        + #""providerData":null,"modifiedOn":"\#(time)","isShared":true,"variableGroupProjectReferences":\#(references)}"#
}

private func list(_ groups: String..., next: String? = nil) -> Reply {
    .status(
        200, #"{"count":\#(groups.count),"value":[\#(groups.joined(separator: ","))]}"#,
        next.map { ["x-ms-continuationtoken": $0] } ?? [:])
}

private func one(_ group: String) -> Reply { .status(200, group) }

private func plain(_ name: String, _ value: String) -> String { #""\#(name)":{"value":"\#(value)"}"# }
private func hidden(_ name: String) -> String { #""\#(name)":{"value":null,"isSecret":true}"# }

private let others =
    #""REGION":{"value":"us-west-2"},"THEIR_TOKEN":{"value":null,"isSecret":true,"isReadOnly":true}"#
private let before = "\(others),\(plain("AWS_ACCESS_KEY_ID", "AKIAOLD1")),\(hidden("AWS_SECRET_ACCESS_KEY"))"
private let after = "\(others),\(plain("AWS_ACCESS_KEY_ID", HostSession.keyID)),\(hidden("AWS_SECRET_ACCESS_KEY"))"
private let listed = list(group(before, references: nil))
private let read = one(group(before))
private let written = one(group(after, at: new))
private let connection = Reply.status(200, #"{"authenticatedUser":{"providerDisplayName":"keyturn bot"}}"#)

private func error(_ status: UInt32, _ text: String, _ headers: [String: String] = [:]) -> Reply {
    .status(
        status, #"{"$id":"1","innerException":null,"message":"\#(text)","typeKey":"X","errorCode":0,"eventId":3000}"#,
        headers)
}

private let signIn = Reply.status(
    203, "<!DOCTYPE html><html><title>Azure DevOps Services | Sign In</title></html>", ["content-type": "text/html"])

@Suite("Azure DevOps") struct AzureDevOpsTests {
    private func push(_ replies: Reply..., to target: String = target) throws -> Ending {
        try HostSession(.azure).push(target, replies)
    }

    private func body(_ end: Ending) throws -> [String: Any] {
        let write = try #require(end.requests.first { $0.method == "PUT" })
        return try #require(try JSONSerialization.jsonObject(with: Data(write.body.utf8)) as? [String: Any])
    }

    @Test func `one request replaces the group, and the key ID is read back`() throws {
        let end = try push(listed, read, written, written)
        end.expect(KT_OK, "\(subject): AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY written by one request")
        #expect(end.report?.evidence == KT_EVIDENCE_READ_BACK)
        #expect(
            end.lines == [
                lookup, "GET \(groups)/7?api-version=7.1",
                "PUT \(base)/_apis/distributedtask/variablegroups/7?api-version=7.1", "GET \(groups)/7?api-version=7.1",
            ])
        #expect(end.requests.allSatisfy { $0.headers["X-TFS-FedAuthRedirect"] == "Suppress" })
        let pair = Data(":\(HostSession.token)".utf8).base64EncodedString()
        #expect(end.requests[0].headers["Authorization"] == "Basic \(pair)")
    }

    @Test func `everything else of the group goes back as it was read, others' secrets as null`() throws {
        let body = try body(try push(listed, read, written, written))
        let variables = try #require(body["variables"] as? [String: [String: Any]])
        #expect(Set(variables.keys) == ["REGION", "THEIR_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
        let theirs = try #require(variables["THEIR_TOKEN"])
        #expect(
            theirs["value"] is NSNull && theirs["isSecret"] as? Bool == true && theirs["isReadOnly"] as? Bool == true)
        #expect(variables["REGION"]?["value"] as? String == "us-west-2")
        #expect(variables["AWS_ACCESS_KEY_ID"]?["value"] as? String == HostSession.keyID)
        #expect(variables["AWS_ACCESS_KEY_ID"]?["isSecret"] as? Bool == false)
        #expect(variables["AWS_SECRET_ACCESS_KEY"]?["value"] as? String == HostSession.secret)
        #expect(variables["AWS_SECRET_ACCESS_KEY"]?["isSecret"] as? Bool == true)
        #expect(body["type"] as? String == "Vsts" && body["name"] as? String == "aws")
        #expect(body["description"] as? String == #"keys "of" app"#)
        let sent = try #require(body["variableGroupProjectReferences"] as? NSArray)
        #expect(sent == (try JSONSerialization.jsonObject(with: Data(projects.utf8)) as? NSArray))
    }

    /// A text of a secret that reads as "" or without a value would wipe it, were it sent back so.
    @Test(arguments: [#"{"value":"","isSecret":true}"#, #"{"isSecret":true}"#])
    func `a secret of another is never sent with a value`(shown: String) throws {
        let theirs = #""THEIRS":\#(shown),"#
        let end = try push(
            list(group(theirs + before, references: nil)), one(group(theirs + before)),
            one(group(theirs + after, at: new)), one(group(theirs + after, at: new)))
        #expect(end.outcome == KT_OK)
        let variables = try #require(try body(end)["variables"] as? [String: [String: Any]])
        #expect(variables["THEIRS"]?["value"] is NSNull)
    }

    @Test func `names are compared without case, and keep the spelling that they have`() throws {
        func spelled(_ id: String) -> String { "\(plain("aws_access_key_id", id)),\(hidden("Aws_Secret_Access_Key"))" }
        let end = try push(
            list(group(spelled("AKIAOLD1"), references: nil)), one(group(spelled("AKIAOLD1"))),
            one(group(spelled(HostSession.keyID), at: new)), one(group(spelled(HostSession.keyID), at: new)))
        #expect(end.outcome == KT_OK)
        let variables = try #require(try body(end)["variables"] as? [String: Any])
        #expect(Set(variables.keys) == ["aws_access_key_id", "Aws_Secret_Access_Key"])
        let twice = "\(plain("AWS_ACCESS_KEY_ID", "A")),\(plain("aws_access_key_id", "B"))"
        let two = try push(list(group(twice, references: nil)), one(group(twice)))
        two.expect(KT_CONFLICT, "Azure DevOps: AWS_ACCESS_KEY_ID in variable group aws", "there are 2 of that name")
        #expect(two.requests.count == 2)
    }

    @Test func `variables that are not there are added`() throws {
        let end = try push(list(group("", references: nil)), one(group("")), written, written)
        #expect(end.outcome == KT_OK)
        let variables = try #require(try body(end)["variables"] as? [String: [String: Any]])
        #expect(variables["AWS_ACCESS_KEY_ID"]?["isSecret"] as? Bool == false && variables.count == 2)
    }

    @Test func `a key ID that is secret stays so, and the time of the write is the evidence`() throws {
        let secret = "\(hidden("AWS_ACCESS_KEY_ID")),\(hidden("AWS_SECRET_ACCESS_KEY"))"
        let found = [list(group(secret, references: nil)), one(group(secret))]
        let later = one(group(secret, at: new))
        let end = try push(found[0], found[1], later, later)
        #expect(end.outcome == KT_OK && end.report?.evidence == KT_EVIDENCE_TIMESTAMP)
        #expect(end.report?.changedAt == "")
        let variables = try #require(try body(end)["variables"] as? [String: [String: Any]])
        #expect(variables["AWS_ACCESS_KEY_ID"]?["isSecret"] as? Bool == true)
        let same = try push(found[0], found[1], one(group(secret)), one(group(secret)))
        #expect(same.outcome == KT_OK && same.report?.evidence == KT_EVIDENCE_ACKNOWLEDGED)
    }

    @Test func `a group that someone else is changing is not written`() throws {
        let end = try push(listed, one(group(before, at: new)))
        end.expect(KT_RETRYABLE, "\(subject): someone is changing the group at this moment; nothing was written")
        #expect(end.requests.count == 2)
    }

    @Test func `a group that changed since the write confirms nothing`() throws {
        try push(listed, read, written, one(group(after, at: "2026-11-22T11:00:07Z"))).expect(
            KT_RETRYABLE, "\(subject): written, but someone changed the group in the same moment")
        // Azure DevOps's database rounds to some milliseconds.
        let rounded = try push(listed, read, written, one(group(after, at: "2026-11-22T11:00:00.127Z")))
        #expect(rounded.outcome == KT_OK)
        try push(listed, read, written, one(group(before, at: new))).expect(
            KT_RETRYABLE, "\(subject): written, but the group does not show the new key ID")
    }

    @Test func `a variable that is lost, or a secret that is not one, is named`() throws {
        let lost = after.replacing(others, with: plain("REGION", "us-west-2"))
        try push(listed, read, written, one(group(lost, at: new))).expect(
            KT_CONFLICT, "\(subject): written, but THEIR_TOKEN is not in the group any more")
        let open = after.replacing(hidden("AWS_SECRET_ACCESS_KEY"), with: plain("AWS_SECRET_ACCESS_KEY", "x"))
        try push(listed, read, one(group(open, at: new)), one(group(open, at: new))).expect(
            KT_CONFLICT, "Azure DevOps: AWS_SECRET_ACCESS_KEY in variable group aws", "it is not secret")
    }

    @Test(arguments: [nil, "[]"]) func `a group whose projects are not shown is not written`(references: String?) throws
    {
        let end = try push(listed, one(group(before, references: references)))
        end.expect(KT_CONFLICT, "\(subject): Azure DevOps does not show which projects use the group")
        #expect(end.requests.count == 2)
    }

    @Test func `a group of a key vault is refused`() throws {
        let end = try push(list(group("", type: "AzureKeyVault")))
        end.expect(KT_INVALID_CONFIG, "\(subject): its values are in Azure Key Vault")
        #expect(end.requests.count == 1)
    }

    @Test func `the group is found by its exact name, on whatever page`() throws {
        let star = target.replacing(#""aws""#, with: #""a*""#)
        let end = try push(
            list(group(before, name: "aws"), next: "12"), list(group(before, name: "a*")),
            one(group(before, name: "a*")),
            error(500, "no"), to: star)
        #expect(end.lines[1] == "GET \(groups)?groupName=a%2A&continuationToken=12&api-version=7.1")
        #expect(end.requests.count == 4)
        try push(list(group(before, name: "AWS"))).expect(KT_NOT_FOUND, "\(subject): there is no such variable group")
        try push(list(group(before), group(before))).expect(KT_CONFLICT, "\(subject): Azure DevOps names 2")
        try push(listed, .status(200, "null")).expect(KT_NOT_FOUND, "\(subject): there is no such variable group")
        let session = try HostSession(.azure)
        session.answering = { _ in list(next: "1") }
        let endless = session.push(target, [])
        endless.expect(KT_INTERNAL, "\(subject): the list does not end")
        #expect(endless.requests.count == 50)
        let odd = try push(list(next: "1&x=y"))
        #expect(odd.requests.count == 1)
    }

    @Test func `a page to sign in is a token that is refused, and no page is a yes`() throws {
        for replies in [[signIn], [listed, signIn], [listed, read, signIn]] {
            let end = try HostSession(.azure).push(target, replies)
            end.expect(KT_UNAUTHORIZED, "\(subject): 203", "a page to sign in answered")
        }
        let page = Reply.status(200, "<html>Sign In</html>", ["content-type": "text/html; charset=utf-8"])
        for replies in [[page], [listed, page], [listed, read, page]] {
            try HostSession(.azure).push(target, replies).expect(
                KT_RETRYABLE, "\(subject): 200: a web page answered", "check token, organization and endpoint")
        }
        try push(.status(203, group(after))).expect(KT_RETRYABLE, "\(subject): 203", "a proxy changed the answer")
        try push(.status(401, "<html>401</html>", ["content-type": "text/html"])).expect(
            KT_UNAUTHORIZED, "\(subject): 401: the token is refused, or may not do this")
    }

    @Test func `errors are read in each of their forms, also behind a byte order mark`() throws {
        try push(.status(400, "\u{feff}" + #"{"$id":"1","message":"TF1"}"#)).expect(
            KT_INVALID_CONFIG, "\(subject): 400 (TF1)")
        try push(.status(400, #"{"count":1,"value":{"Message":"TF2"}}"#)).expect(
            KT_INVALID_CONFIG, "\(subject): 400 (TF2)")
        try push(.status(500, "TF3", ["content-type": "text/plain"])).expect(KT_RETRYABLE, "\(subject): 500 (TF3)")
        try push(.status(404, "")).expect(KT_NOT_FOUND, "\(subject): 404: ")
        let marked = Reply.status(200, "\u{feff}" + group(after, at: new))
        #expect(try push(listed, read, marked, marked).outcome == KT_OK)
    }

    @Test func `check says whether the token may change the group`() throws {
        let session = try HostSession(.azure)
        let end = session.check(target, [connection, listed, read, listed])
        end.expect(KT_OK, "\(subject): the group can be read as keyturn bot; AWS_ACCESS_KEY_ID exists")
        #expect(
            end.lines[0] == "GET \(base)/_apis/connectionData"
                && end.lines[3] == "GET \(groups)?groupName=aws&actionFilter=manage&api-version=7.1")
        session.check(target, [connection, listed, read, list()]).expect(
            KT_OK, subject, "make the token's user Administrator of the group")
        let open = [list(group(plain("AWS_SECRET_ACCESS_KEY", "x"))), one(group(plain("AWS_SECRET_ACCESS_KEY", "x")))]
        session.check(target, [connection] + open + [listed]).expect(
            KT_OK, subject, "AWS_ACCESS_KEY_ID will be created", "AWS_SECRET_ACCESS_KEY is not secret")
    }

    @Test func `inspect reads the key ID, and no time, which is that of all variables`() throws {
        let session = try HostSession(.azure)
        let end = session.inspect(target, [list(group(after, references: nil))])
        #expect(end.report?.keyID == HostSession.keyID && end.report?.changedAt == "")
        session.inspect(target, [list(group(hidden("AWS_ACCESS_KEY_ID")))]).expect(KT_OK, "Azure DevOps: ", "secret")
        session.inspect(target, [list(group(""))]).expect(KT_NOT_FOUND, "Azure DevOps: AWS_ACCESS_KEY_ID in ")
    }

    @Test func `other groups and other variables with a key are found around it`() throws {
        let session = try HostSession(.azure)
        let more = "\(before),\(plain("SPARE", "x AKIAIOSFODNN7EXAMPLE"))"
        let other = group(plain("ID", "AKIAOTHEROTHEROTHER0"), name: "old").replacing(#""id":7"#, with: #""id":8"#)
        let third = group(hidden("AWS_ACCESS_KEY_ID"), name: "third")
        let end = session.find(target, [list(group(more), next: "3"), list(other, third)])
        end.expect(KT_OK, "3 places around it")
        #expect(
            session.found.map(\.place) == [
                "variable group aws of our app, variable SPARE", "variable group old of our app, variable ID",
                "variable group third of our app, variable AWS_ACCESS_KEY_ID",
            ])
        #expect(session.found.map(\.keyID) == ["AKIAIOSFODNN7EXAMPLE", "AKIAOTHEROTHEROTHER0", ""])
        #expect(
            session.found[1].fields
                == #"{"organization":"acme","project":"our app","variable-group":"old","access-key-id":"ID"}"#)
    }

    @Test func `one variable cannot be both`() throws {
        let same = target.replacing("AWS_SECRET_ACCESS_KEY", with: "aws_access_key_id")
        try push(to: same).expect(KT_INVALID_CONFIG, "the target's fields: secret-access-key: the same variable")
    }

    @Test func `each answer ends as the README says`() throws {
        try Page(library: .azure).expect("answers", AnswerRow.head + rows.map { try $0.made(by: .azure) })
    }

    @Test func `the fields are the manifest's`() throws {
        let page = Page(library: try .azure)
        try page.expect("fields", page.fields())
    }

    private var rows: [AnswerRow] {
        func row(_ answer: String, _ replies: Reply...) -> AnswerRow {
            AnswerRow(answer: answer, target: target, replies: replies)
        }
        func ask(_ question: AnswerRow.Question, _ answer: String, _ replies: Reply...) -> AnswerRow {
            AnswerRow(answer: answer, question: question, target: target, replies: replies)
        }
        let secret = "\(hidden("AWS_ACCESS_KEY_ID")),\(hidden("AWS_SECRET_ACCESS_KEY"))"
        let secretGroup = one(group(secret, at: new))
        return [
            row("200 with the group, and the new key ID since", listed, read, written, written),
            row(
                "200 with the group, whose key ID is secret", list(group(secret)), one(group(secret)), secretGroup,
                secretGroup),
            row("a group with the old key ID since", listed, read, written, one(group(before, at: new))),
            row("a group that was changed since", listed, read, written, one(group(after, at: "2026-11-22T11:00:07Z"))),
            row("a group that is being changed", listed, one(group(before, at: new))),
            row(
                "a group without one of the other variables since", listed, read, written,
                one(group(after.replacing(others, with: plain("REGION", "x")), at: new))),
            row("a group without its projects", listed, one(group(before, references: nil))),
            row("a group of a key vault", list(group("", type: "AzureKeyVault"))),
            row("a list without the group", list()),
            row("203 with a page to sign in", signIn),
            row("200 with a web page", .status(200, "<html>sign in</html>")),
            row("400", listed, read, error(400, "Project information name is not valid for variable group")),
            row("401", listed, read, error(401, "TF400813: The user is not authorized to access this resource.")),
            row("403", listed, read, error(403, "You need the Administrator role")),
            row("404", error(404, "TF200016: The following project does not exist: our app.")),
            row("409", listed, read, error(409, "conflict")),
            row("429 with Retry-After", error(429, "TF400733: The request has been canceled", ["retry-after": "30"])),
            row("500, 502, 503", error(503, "TF400898: An Internal Error Occurred")),
            row(
                "302 to a sign-in page",
                .status(302, "", ["location": "https://login.microsoftonline.com/oauth2/authorize"])),
            row("no connection", .error(KT_HTTP_UNREACHABLE, "connection refused")),
            ask(.check, "200", connection, listed, read, listed),
            ask(.check, "200, and the group is not among those that may be changed", connection, listed, read, list()),
            ask(.inspect, "200", listed), ask(.inspect, "200, secret", list(group(secret))),
            ask(.inspect, "200 without the variable", list(group(""))),
        ]
    }
}
