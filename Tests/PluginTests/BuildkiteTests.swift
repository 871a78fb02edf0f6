import CKeyturnPusher
import Foundation
import Testing

private let names = #""access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#
private let clusterID = "0e8c6d1a-5b2f-4c3d-9e7f-1a2b3c4d5e6f"
private let target = #"{"organization":"acme","cluster":"deploy",\#(names)}"#
private let byID = #"{"organization":"acme","cluster":"\#(clusterID)",\#(names)}"#
private let base = "https://api.buildkite.com/v2"
private let path = "\(base)/organizations/acme/clusters/\(clusterID)/secrets"
private let clusters = list(#"{"id":"\#(clusterID)","name":"deploy"}"#)
private let next = ["link": #"<http://elsewhere.example/?page=2&api_key=x>; rel="next""#]
private let early = "2026-11-01T00:00:00.000Z"
private let late = "2026-11-28T10:00:00.000Z"
private let secretID = "11111111-5b2f-4c3d-9e7f-1a2b3c4d5e6f"
private let keyID = "22222222-5b2f-4c3d-9e7f-1a2b3c4d5e6f"

private func list(_ items: String..., headers: [String: String] = [:]) -> Reply {
    .status(200, "[\(items.joined(separator: ","))]", headers)
}

private func secret(_ id: String, _ key: String, at: String) -> String {
    #"{"id":"\#(id)","key":"\#(key)","created_at":"\#(early)","updated_at":"\#(at)"}"#
}

private let oldPair = list(
    secret(secretID, "AWS_SECRET_ACCESS_KEY", at: early), secret(keyID, "AWS_ACCESS_KEY_ID", at: early))
private let newSecret = secret(secretID, "AWS_SECRET_ACCESS_KEY", at: late)
private let newID = secret(keyID, "AWS_ACCESS_KEY_ID", at: late)

private func message(_ status: UInt32, _ text: String, _ headers: [String: String] = [:]) -> Reply {
    .status(status, #"{"message":"\#(text)"}"#, headers)
}

private func token(_ scopes: String..., end: String = "null") -> Reply {
    let scopes = scopes.map { "\"\($0)\"" }.joined(separator: ",")
    return .status(200, #"{"uuid":"\#(clusterID)","scopes":[\#(scopes)],"expires_at":\#(end)}"#)
}

private let full = token("write_secrets", "read_secret_details", "read_clusters")

@Suite("Buildkite") struct BuildkiteTests {
    private func push(_ target: String, _ replies: Reply...) throws -> Ending {
        try HostSession(.buildkite).push(target, replies)
    }

    @Test func `values are written by the secrets' IDs, the secret first, and the time of writing is the evidence`()
        throws
    {
        let end = try push(target, clusters, oldPair, .status(200, newSecret), .status(200, newID))
        end.expect(KT_OK, "Buildkite: cluster deploy of acme: AWS_ACCESS_KEY_ID written, AWS_SECRET_ACCESS_KEY written")
        #expect(end.report?.evidence == KT_EVIDENCE_TIMESTAMP && end.report?.changedAt == late)
        #expect(
            end.lines == [
                "GET \(base)/organizations/acme/clusters?per_page=100&page=1", "GET \(path)?per_page=100&page=1",
                "PUT \(path)/\(secretID)/value", "PUT \(path)/\(keyID)/value",
            ])
        #expect(end.requests[2].body == #"{"value":"wJalrXUtnFEMI/K7MDENG+bPxRfiCY\"EXAMPLE\\KEY"}"#)
        #expect(end.requests[3].body == #"{"value":"AKIAIOSFODNN7EXAMPLE"}"#)
    }

    @Test func `secrets that are not there are created, each with its value`() throws {
        let end = try push(byID, list(), .status(201, newSecret), .status(201, newID))
        #expect(end.outcome == KT_OK && end.report?.evidence == KT_EVIDENCE_TIMESTAMP)
        #expect(end.lines[1...] == ["POST \(path)", "POST \(path)"])
        #expect(end.requests[2].body == #"{"key":"AWS_ACCESS_KEY_ID","value":"AKIAIOSFODNN7EXAMPLE"}"#)
    }

    @Test func `a write without a body is looked at, and an older time shows nothing`() throws {
        let end = try push(
            byID, oldPair, .status(204), .status(200, newSecret), .status(200, newID))
        #expect(end.outcome == KT_OK && end.report?.evidence == KT_EVIDENCE_TIMESTAMP)
        #expect(end.lines[2] == "GET \(path)/\(secretID)")
        let same = try push(
            byID, oldPair, .status(200, newSecret), .status(200, secret(keyID, "AWS_ACCESS_KEY_ID", at: early)))
        #expect(same.outcome == KT_OK && same.report?.evidence == KT_EVIDENCE_ACKNOWLEDGED)
        try push(byID, oldPair, .status(204), .status(200, newID)).expect(
            KT_RETRYABLE, "Buildkite: AWS_SECRET_ACCESS_KEY in cluster")
    }

    @Test func `one secret holds a file with both`() throws {
        let file =
            #"{"organization":"acme","cluster":"\#(clusterID)","shape":"credentials-file","profile":"deploy",\#(names)}"#
        let key = "AWS_CREDENTIALS_FILE"
        let new = secret(secretID, key, at: late)
        let end = try push(file, list(secret(secretID, key, at: early)), .status(200, new))
        end.expect(KT_OK, "Buildkite: cluster \(clusterID) of acme: \(key) written")
        #expect(end.report?.evidence == KT_EVIDENCE_TIMESTAMP && end.report?.changedAt == late)
        #expect(end.lines == ["GET \(path)?per_page=100&page=1", "PUT \(path)/\(secretID)/value"])
        #expect(
            end.requests[1].body
                == #"{"value":"[deploy]\u000aaws_access_key_id = AKIAIOSFODNN7EXAMPLE\u000aaws_secret_access_key = "#
                + #"wJalrXUtnFEMI/K7MDENG+bPxRfiCY\"EXAMPLE\\KEY\u000a"}"#)
        let session = try HostSession(.buildkite)
        session.check(file, [full, oldPair]).expect(
            KT_OK, "Buildkite: ", "\(key) will be created", "AWS_ACCESS_KEY_ID is there as well")
        #expect(session.inspect(file, [list(new, newID)]).report?.changedAt == late)
        session.inspect(file, [oldPair]).expect(KT_NOT_FOUND, "Buildkite: \(key) in cluster")
        session.push(file.replacing("profile", with: "credentials-file").replacing(#""deploy""#, with: #""BK_X""#), [])
            .expect(KT_INVALID_CONFIG, "the target's fields: credentials-file: Buildkite keeps names")
    }

    @Test func `keys are matched without case`() throws {
        let lower = list(
            secret(secretID, "aws_secret_access_key", at: early), secret(keyID, "Aws_Access_Key_Id", at: early))
        let end = try push(byID, lower, .status(200, newSecret), .status(200, newID))
        #expect(end.outcome == KT_OK && end.lines[2] == "PUT \(path)/\(keyID)/value")
    }

    @Test func `a key that is taken after all is looked up and written`() throws {
        let taken = message(422, "Validation failed: Key has already been taken")
        let end = try push(byID, list(), taken, oldPair, .status(200, newSecret), taken, oldPair, .status(200, newID))
        #expect(end.outcome == KT_OK && end.lines[3] == "PUT \(path)/\(secretID)/value")
        let refused = try push(byID, list(), message(422, "Validation failed: Value is too long"), list())
        refused.expect(KT_INVALID_CONFIG, "Buildkite: AWS_SECRET_ACCESS_KEY", "Value is too long")
    }

    @Test func `pages are counted, and the addresses of answers are not followed`() throws {
        let other = #"{"id":"\#(keyID)","name":"other"}"#
        let end = try push(target, list(other, headers: next), clusters, message(404, "Not Found"))
        #expect(end.lines[1] == "GET \(base)/organizations/acme/clusters?per_page=100&page=2")
        let session = try HostSession(.buildkite)
        session.answering = { _ in list(other, headers: next) }
        let endless = session.push(target, [])
        endless.expect(KT_INTERNAL, "Buildkite: cluster deploy of acme: the list does not end")
        #expect(endless.requests.count == 50)
    }

    @Test func `a cluster that is not there, or there twice, is named`() throws {
        try push(target, list()).expect(KT_NOT_FOUND, "Buildkite: cluster deploy of acme: there is no such cluster")
        let one = #"{"id":"\#(clusterID)","name":"deploy"}"#
        try push(target, list(one, one)).expect(KT_CONFLICT, "Buildkite: cluster deploy of acme: Buildkite names 2")
        let strange = list(#"{"id":"../../x","name":"deploy"}"#)
        #expect(try push(target, strange).requests.count == 1, "an ID that is none is put into no address")
    }

    @Test func `a name that Buildkite keeps for itself is refused before anything is asked`() throws {
        for name in ["BUILDKITE_KEY", "bk_key"] {
            let end = try push(
                #"{"organization":"acme","cluster":"deploy","access-key-id":"\#(name)","secret-access-key":"S"}"#)
            #expect(end.outcome == KT_INVALID_CONFIG && end.requests.isEmpty)
        }
    }

    @Test func `the limit of a user is waited for as the body says`() throws {
        let limit = Reply.status(
            429,
            #"{"message":"You have exceeded your API rate limit.","scope":"rest_user","limit":50,"current":51,"reset":42}"#,
            ["ratelimit-remaining": "120", "ratelimit-reset": "9", "ratelimit-user-remaining": "0"])
        let end = try push(byID, limit)
        #expect(end.outcome == KT_RATE_LIMITED && end.report?.retryAfter == 42_000)
    }

    @Test func `check names scopes that are missing, in both of their spellings, and the end of the token`() throws {
        let session = try HostSession(.buildkite)
        session.check(target, [token("read_secret_details")]).expect(
            KT_UNAUTHORIZED,
            "Buildkite: cluster deploy of acme: the token lacks the scope write_secrets and read_clusters")
        #expect(session.check(byID, [token("write_secrets", "read_secrets_details"), list()]).outcome == KT_OK)
        let soon = token("write_secrets", "read_secret_details", end: #""2026-11-25 10:00:00 UTC""#)
        session.check(byID, [soon, oldPair]).expect(KT_OK, "Buildkite: cluster", "AWS_ACCESS_KEY_ID exists", "expire")
    }

    @Test func `inspect shows the later time of the two, and no key ID`() throws {
        let session = try HostSession(.buildkite)
        let end = session.inspect(
            byID, [list(newSecret, secret(keyID, "AWS_ACCESS_KEY_ID", at: early))])
        end.expect(KT_OK, "Buildkite: AWS_ACCESS_KEY_ID in cluster \(clusterID) of acme: Buildkite shows no value")
        #expect(end.report?.keyID == "" && end.report?.changedAt == late)
    }

    @Test func `each answer ends as the README says`() throws {
        try Page(library: .buildkite).expect("answers", AnswerRow.head + rows.map { try $0.made(by: .buildkite) })
    }

    @Test func `the fields are the manifest's`() throws {
        let page = Page(library: try .buildkite)
        try page.expect("fields", page.fields())
    }

    private var rows: [AnswerRow] {
        func row(_ answer: String, _ replies: Reply...) -> AnswerRow {
            AnswerRow(answer: answer, target: target, replies: replies)
        }
        func check(_ answer: String, _ replies: Reply...) -> AnswerRow {
            AnswerRow(answer: answer, question: .check, target: target, replies: replies)
        }
        return [
            row("200 with both secrets", clusters, oldPair, .status(200, newSecret), .status(200, newID)),
            row("201 with both secrets", clusters, list(), .status(201, newSecret), .status(201, newID)),
            row(
                "200 with a time that is not later", clusters, oldPair, .status(200, newSecret),
                .status(200, secret(keyID, "AWS_ACCESS_KEY_ID", at: early))),
            AnswerRow(
                answer: "201 with the secret that holds both",
                target: target.replacing("{", with: #"{"shape":"credentials-file","#),
                replies: [clusters, list(), .status(201, secret(secretID, "AWS_CREDENTIALS_FILE", at: late))]),
            row("a list without the cluster", list()),
            row("401", message(401, "Authentication required")),
            row("403", message(403, "Forbidden")),
            row("404", message(404, "Not Found")),
            row("422", clusters, list(), message(422, "Validation failed"), list()),
            row(
                "429 with reset in its body",
                .status(429, #"{"message":"You have exceeded your API rate limit.","scope":"rest","reset":42}"#)),
            row("500, 502, 503", message(502, "Bad gateway")),
            row("200 with a web page", .status(200, "<html>sign in</html>")),
            row("302 to a sign-in page", .status(302, "", ["location": "https://buildkite.com/login"])),
            row("no connection", .error(KT_HTTP_UNREACHABLE, "connection refused")),
            check("200", full, clusters, oldPair),
            check("200 without a scope", token("read_secret_details", "read_clusters")),
            AnswerRow(answer: "200", question: .inspect, target: target, replies: [clusters, oldPair]),
            AnswerRow(
                answer: "200 without the secret", question: .inspect, target: target, replies: [clusters, list()]),
        ]
    }
}
