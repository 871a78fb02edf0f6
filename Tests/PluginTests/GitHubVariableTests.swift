import CKeyturnPusher
import Testing

/// The access key ID kept as a variable.
@Suite struct GitHubVariableTests {
    private static let names =
        #""key-id-as":"variable","access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#
    private let target = #"{"repository":"acme/app",\#(names)}"#
    private let base = "https://api.github.com/repos/acme/app/actions"
    private let box = SealingKey()
    private let noSuch = Reply.status(404, #"{"message":"Not Found"}"#)

    private var key: Reply { .status(200, #"{"key_id":"568250167242549743","key":"\#(box.publicKey)"}"#) }

    private func variable(_ value: String, visibility: String? = nil) -> Reply {
        let visibility = visibility.map { #","visibility":"\#($0)""# } ?? ""
        return .status(
            200,
            #"{"name":"AWS_ACCESS_KEY_ID","value":"\#(value)","created_at":"2026-11-22T10:00:01Z","#
                + #""updated_at":"2026-11-22T10:00:01Z"\#(visibility)}"#)
    }

    private func list(_ names: String...) -> Reply {
        let secrets = names.map { #"{"name":"\#($0)","updated_at":"2026-11-22T10:00:02Z"}"# }
        return .status(200, #"{"total_count":\#(names.count),"secrets":[\#(secrets.joined(separator: ","))]}"#)
    }

    @Test func `the key ID is read back`() throws {
        let end = try HostSession(.github).push(
            target,
            [
                key, list("AWS_SECRET_ACCESS_KEY"), variable("AKIAOLD"), .status(204), .status(204),
                variable(HostSession.keyID),
            ])
        end.expect(
            KT_OK,
            "GitHub: acme/app: variable AWS_ACCESS_KEY_ID updated (204) and read back, AWS_SECRET_ACCESS_KEY updated (204)"
        )
        #expect(end.report?.evidence == KT_EVIDENCE_READ_BACK)
        #expect(end.report?.changedAt == "2026-11-22T10:00:01Z")
        #expect(
            end.lines == [
                "GET \(base)/secrets/public-key", "GET \(base)/secrets?per_page=100",
                "GET \(base)/variables/AWS_ACCESS_KEY_ID", "PUT \(base)/secrets/AWS_SECRET_ACCESS_KEY",
                "PATCH \(base)/variables/AWS_ACCESS_KEY_ID", "GET \(base)/variables/AWS_ACCESS_KEY_ID",
            ])
        #expect(end.requests[4].body == #"{"name":"AWS_ACCESS_KEY_ID","value":"\#(HostSession.keyID)"}"#)
        #expect(box.open(end.requests[3]) == HostSession.secret)
    }

    @Test func `a variable that is not there is created`() throws {
        let end = try HostSession(.github).push(
            target, [key, list(), noSuch, .status(204), .status(201, "{}"), variable(HostSession.keyID)])
        end.expect(KT_OK, "GitHub: acme/app: variable AWS_ACCESS_KEY_ID created (201)")
        #expect(end.lines[4] == "POST \(base)/variables")
    }

    @Test func `another value read back is never a yes`() throws {
        let writes = [key, list(), variable("AKIAOLD"), .status(204), .status(204)]
        try HostSession(.github).push(target, writes + [variable("AKIAOTHER")])
            .expect(KT_RETRYABLE, "GitHub: AWS_ACCESS_KEY_ID in acme/app: ", "another value")
    }

    @Test func `a value of before is looked at again, and is no reason to write again`() throws {
        let writes = [key, list(), variable("AKIAOLD"), .status(204), .status(204)]
        for first in [variable("AKIAOLD"), noSuch, .status(200, "{}"), .status(502)] {
            let end = try HostSession(.github).push(target, writes + [first, variable(HostSession.keyID)])
            end.expect(KT_OK, "GitHub: acme/app: variable ", "read back")
            #expect(end.report?.evidence == KT_EVIDENCE_READ_BACK)
        }
        let end = try HostSession(.github).push(target, writes + Array(repeating: variable("AKIAOLD"), count: 4))
        end.expect(KT_OK, "GitHub: acme/app: variable AWS_ACCESS_KEY_ID updated (204), ", "does not show the new value")
        #expect(end.report?.evidence == KT_EVIDENCE_ACKNOWLEDGED)
    }

    @Test func `a secret of the name from before is written too, for jobs that still read it`() throws {
        let end = try HostSession(.github).push(
            target,
            [
                key, list("AWS_ACCESS_KEY_ID"), variable("AKIAOLD"), .status(204), .status(204), .status(204),
                variable(HostSession.keyID),
            ])
        end.expect(KT_OK, "GitHub: acme/app: variable ", "reads vars.AWS_ACCESS_KEY_ID, delete the secret")
        #expect(end.lines[4] == "PUT \(base)/secrets/AWS_ACCESS_KEY_ID")
        #expect(box.open(end.requests[4]) == HostSession.keyID)
    }

    @Test func `who sees an organization's variable stays as it is`() throws {
        let end = try HostSession(.github).push(
            #"{"organization":"acme",\#(Self.names)}"#,
            [
                key, noSuch, noSuch, variable("AKIAOLD", visibility: "selected"),
                .status(200, #"{"total_count":1,"repositories":[{"id":11}]}"#), .status(201, "{}"), .status(204),
                variable(HostSession.keyID, visibility: "selected"),
            ])
        end.expect(KT_OK, "GitHub: organization acme: variable AWS_ACCESS_KEY_ID updated (204)")
        try #require(end.requests.count == 8)
        #expect(
            end.lines[4]
                == "GET https://api.github.com/orgs/acme/actions/variables/AWS_ACCESS_KEY_ID/repositories"
                + "?per_page=100&page=1")
        #expect(end.requests[6].body.hasSuffix(#""visibility":"selected","selected_repository_ids":[11]}"#))
        #expect(end.requests[5].body.hasSuffix(#""visibility":"private"}"#))
    }

    @Test func `an organization's new variable is for its private repositories`() throws {
        let end = try HostSession(.github).push(
            #"{"organization":"acme",\#(Self.names)}"#,
            [
                key, noSuch, noSuch, noSuch, .status(201, "{}"), .status(201, "{}"),
                variable(HostSession.keyID, visibility: "private"),
            ])
        end.expect(KT_OK, "GitHub: organization acme: variable AWS_ACCESS_KEY_ID created (201)")
        try #require(end.requests.count == 7)
        #expect(end.requests[5].body.hasSuffix(#""visibility":"private"}"#))
    }

    @Test func `an environment's variables have a path of their own`() throws {
        let end = try HostSession(.github).push(
            #"{"repository":"acme/app","environment":"prod eu/1",\#(Self.names)}"#,
            [key, list(), variable("AKIAOLD"), .status(204), .status(204), variable(HostSession.keyID)])
        end.expect(KT_OK, "GitHub: acme/app (environment prod eu/1): variable ")
        #expect(
            end.lines[4]
                == "PATCH https://api.github.com/repos/acme/app/environments/prod%20eu%2F1/variables/AWS_ACCESS_KEY_ID")
    }

    @Test func `inspect reads the key ID, and when the newer of both was written`() throws {
        let end = try HostSession(.github).inspect(target, [list("AWS_SECRET_ACCESS_KEY"), variable("AKIAOLD")])
        end.expect(KT_OK, "GitHub: AWS_ACCESS_KEY_ID in acme/app: AKIAOLD")
        #expect(end.report?.keyID == "AKIAOLD" && end.report?.changedAt == "2026-11-22T10:00:02Z")
        try HostSession(.github).inspect(target, [list(), noSuch]).expect(KT_NOT_FOUND, "GitHub: ", "no such variable")
    }

    @Test(arguments: ["dependabot", "codespaces"]) func `other kinds have no variables`(kind: String) throws {
        let end = try HostSession(.github).push(#"{"repository":"acme/app","kind":"\#(kind)",\#(Self.names)}"#, [])
        end.expect(KT_INVALID_CONFIG, "the target's fields: key-id-as: only workflows have variables: kind \(kind)")
    }
}
