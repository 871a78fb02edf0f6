import CKeyturnPusher
import Foundation
import Testing

/// GitHub and Travis CI targets with one value that holds both parts of the pair.
@Suite struct OneValueTests {
    private static let names =
        #""shape":"credentials-file","access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#
    private let contents =
        "[default]\naws_access_key_id = \(HostSession.keyID)\naws_secret_access_key = \(HostSession.secret)\n"
    private let box = SealingKey()
    private let missing = Reply.status(404, #"{"message":"Not Found"}"#)

    private var key: Reply { .status(200, #"{"key_id":"1","key":"\#(box.publicKey)"}"#) }

    private func secret(_ name: String, _ time: String) -> String { #"{"name":"\#(name)","updated_at":"\#(time)"}"# }

    private func list(_ secrets: String...) -> Reply {
        .status(200, #"{"total_count":\#(secrets.count),"secrets":[\#(secrets.joined(separator: ","))]}"#)
    }

    private let old = "2026-11-21T10:00:00Z"
    private let new = "2026-11-22T10:00:01Z"

    // MARK: GitHub

    @Test func `GitHub: one secret holds a file with both`() throws {
        let target = #"{"repository":"acme/app",\#(Self.names)}"#
        let end = try HostSession(.github).push(
            target,
            [
                key, list(secret("AWS_CREDENTIALS_FILE", old)), .status(204), list(secret("AWS_CREDENTIALS_FILE", new)),
            ])
        end.expect(KT_OK, "GitHub: acme/app: AWS_CREDENTIALS_FILE updated (204)")
        #expect(end.report?.evidence == KT_EVIDENCE_TIMESTAMP && end.report?.changedAt == new)
        #expect(end.requests.count { $0.method == "PUT" } == 1)
        #expect(box.open(end.requests[2]) == contents)
    }

    @Test(arguments: [
        (#""repository":"acme/app","environment":"prod""#, "repos/acme/app/environments/prod/secrets"),
        (#""repository":"acme/app","kind":"dependabot""#, "repos/acme/app/dependabot/secrets"),
        (#""repository":"acme/app","kind":"codespaces""#, "repos/acme/app/codespaces/secrets"),
        (#""organization":"acme""#, "orgs/acme/actions/secrets"),
        (#""organization":"acme","kind":"dependabot""#, "orgs/acme/dependabot/secrets"),
    ])
    func `GitHub: every kind of place takes it`(place: String, path: String) throws {
        let session = try HostSession(.github)
        let key = self.key
        let (new, old) = (new, old)
        let isWritten = Mutable(false)
        session.answering = { request in
            if request.line.hasSuffix("/public-key") { return key }
            if request.method == "PUT" {
                isWritten.value = true
                return .status(204)
            }
            let time = isWritten.value ? new : old
            let secret = #"{"name":"FILE","updated_at":"\#(time)","visibility":"all"}"#
            return .status(200, request.line.contains("/FILE") ? secret : #"{"total_count":1,"secrets":[\#(secret)]}"#)
        }
        let target = #"{\#(place),"credentials-file":"FILE","profile":"deploy",\#(Self.names)}"#
        let end = session.push(target, [])
        end.expect(KT_OK, "GitHub: ", "FILE updated (204)")
        let write = try #require(end.requests.first { $0.method == "PUT" })
        #expect(write.url == "https://api.github.com/\(path)/FILE")
        #expect(box.open(write) == contents.replacing("[default]", with: "[deploy]"))
    }

    @Test func `GitHub: check and inspect look at the one secret`() throws {
        let target = #"{"repository":"acme/app",\#(Self.names)}"#
        let repository = Reply.status(200, #"{"archived":false}"#)
        try HostSession(.github).check(target, [repository, key, list()])
            .expect(KT_OK, "GitHub: acme/app: ", "AWS_CREDENTIALS_FILE will be created")
        try HostSession(.github).check(target, [repository, key, list(secret("AWS_SECRET_ACCESS_KEY", old))])
            .expect(
                KT_OK, "GitHub: acme/app: ", "AWS_SECRET_ACCESS_KEY is there as well: delete the pair once jobs use")
        let end = try HostSession(.github).inspect(target, [list(secret("AWS_CREDENTIALS_FILE", new))])
        end.expect(KT_OK, "GitHub: AWS_CREDENTIALS_FILE in acme/app: ", "last written \(new)")
        #expect(end.report?.changedAt == new && end.report?.keyID == "")
        try HostSession(.github).inspect(target, [list()]).expect(KT_NOT_FOUND, "GitHub: AWS_CREDENTIALS_FILE in ")
    }

    @Test(arguments: [
        #""key-id-as":"variable""#, #""credentials-file":"GITHUB_FILE""#, #""credentials-file":"1""#,
    ])
    func `GitHub: what does not go together is refused`(field: String) throws {
        let end = try HostSession(.github).push(#"{"repository":"a/b",\#(field),\#(Self.names)}"#, [])
        end.expect(KT_INVALID_CONFIG, "the target's fields: ")
        #expect(end.requests.isEmpty)
    }

    // MARK: Travis CI

    private let travis = #"{"repository":"acme/app",\#(names)}"#

    private func variable(_ name: String, value: String? = nil, isPublic: Bool = false) -> String {
        let value = value.map { #""value":"\#($0)","# } ?? ""
        return #"{"@permissions":{"read":true,"write":true},"id":"0f1e","name":"\#(name)",\#(value)"#
            + #""public":\#(isPublic),"branch":null}"#
    }

    private func variables(_ variables: String...) -> Reply {
        .status(200, #"{"env_vars":[\#(variables.joined(separator: ","))]}"#)
    }

    @Test(arguments: [true, false]) func `Travis CI: one private variable holds a file with both, in base64`(
        isThere: Bool
    ) throws {
        let name = "AWS_CREDENTIALS_FILE_BASE64"
        let end = try HostSession(.travis).push(
            travis,
            [isThere ? variables(variable(name)) : variables(), .status(isThere ? 200 : 201, variable(name))])
        end.expect(KT_OK, "Travis CI: acme/app: \(name) \(isThere ? "updated (200)" : "created (201)")")
        #expect(end.report?.evidence == KT_EVIDENCE_ACKNOWLEDGED)
        let body = try #require(
            try JSONSerialization.jsonObject(with: Data(end.requests[1].body.utf8)) as? [String: Any])
        let value = try #require(body["env_var.value"] as? String)
        #expect(Data(base64Encoded: value).map { String(decoding: $0, as: UTF8.self) } == contents)
        #expect(body["env_var.public"] as? Bool == false)
    }

    @Test func `Travis CI: a value that is repeated in an error is not shown, in base64 either`() throws {
        let value = Data(contents.utf8).base64EncodedString()
        let end = try HostSession(.travis).push(
            travis, [variables(), .status(422, "refused: \(value)", ["content-type": "text/plain"])])
        end.expect(KT_INVALID_CONFIG, "Travis CI: AWS_CREDENTIALS_FILE_BASE64 in acme/app: 422", "[redacted]")
        let secret = Data(HostSession.secret.utf8)
        for padding in 0..<3 {
            let digits = (Data(repeating: 0, count: padding) + secret).base64EncodedString()
            #expect(!end.message.contains(digits.dropFirst(4).prefix(12)))
        }
    }

    @Test func `Travis CI: check and inspect look at the one variable`() throws {
        let check = try HostSession(.travis).check(travis, [variables(variable("AWS_ACCESS_KEY_ID"))])
        check.expect(
            KT_OK, "Travis CI: acme/app: ",
            "AWS_CREDENTIALS_FILE_BASE64 will be created, AWS_ACCESS_KEY_ID is there as well")
        let name = "AWS_CREDENTIALS_FILE_BASE64"
        let hidden = try HostSession(.travis).inspect(travis, [variables(variable(name))])
        hidden.expect(KT_OK, "Travis CI: \(name) in acme/app: private")
        #expect(hidden.report?.keyID == "")
        let value = Data(contents.utf8).base64EncodedString()
        let shown = try HostSession(.travis).inspect(
            travis, [variables(variable(name, value: value, isPublic: true))])
        shown.expect(KT_OK, "Travis CI: \(name) in acme/app: \(HostSession.keyID); someone made it public")
        #expect(shown.report?.keyID == HostSession.keyID)
        try HostSession(.travis).inspect(travis, [variables()]).expect(KT_NOT_FOUND, "Travis CI: \(name) in acme/app: ")
    }

    @Test(arguments: ["acme/app"]) func `the fields of one shape are refused with the other`(place: String) throws {
        for field in [#""profile":"x""#, #""credentials-file":"X""#, #""shape":"json""#] {
            let names = #""access-key-id":"A","secret-access-key":"B""#
            for library in [try PluginLibrary.github, try .travis] {
                let end = try HostSession(library).push(#"{"repository":"\#(place)",\#(field),\#(names)}"#, [])
                end.expect(KT_INVALID_CONFIG, "the target's fields: shape: ")
            }
        }
    }
}

/// A value that closures of one thread share.
private final class Mutable<Value>: @unchecked Sendable {
    var value: Value

    init(_ value: Value) { self.value = value }
}
