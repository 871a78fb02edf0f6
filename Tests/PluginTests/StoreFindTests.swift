import CKeyturnPusher
import JSON
import Testing

/// What is listed below a scope of Secrets Manager and the Parameter Store: kt.find/1.
@Suite struct StoreFindTests {
    private static let id = "AKIAIOSFODNN7EXAMPLE"
    private static let other = "AKIAOTHEROTHEROTHER0"
    private static let pair = #""access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#

    // MARK: Secrets Manager

    private func listed(_ name: String, _ more: String = "") -> String {
        #"{"ARN":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:\#(name)-AbCdEf","Name":"\#(name)","LastChangedDate":1795341600.25\#(more)}"#
    }

    private func value(_ name: String, _ text: String) -> String {
        #"{"ARN":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:\#(name)-AbCdEf","Name":"\#(name)","SecretString":\#(quotedJSON(text).replacing("\n", with: "\\n"))}"#
    }

    private func secrets(_ list: String..., next: String = "") -> Reply {
        let more = next.isEmpty ? "" : #","NextToken":"\#(next)""#
        return .status(200, #"{"SecretList":[\#(list.joined(separator: ","))]\#(more)}"#)
    }

    private func values(_ list: String..., errors: String = "") -> Reply {
        .status(200, #"{"SecretValues":[\#(list.joined(separator: ","))],"Errors":[\#(errors)]}"#)
    }

    private static let accessDenied = awsError("AccessDeniedException", "not authorized")
    private static let notGranted = Reply.error(
        KT_HTTP_REFUSED, "secretsmanager:ListSecrets is not granted to this pusher")

    @Test func `Secrets Manager: names by a prefix, values twenty at a time, and what cannot be written says so`()
        throws
    {
        let session = try HostSession(.secretsManager)
        let file = "[deploy]\naws_access_key_id = \(Self.other)\naws_secret_access_key = x\n"
        let end = session.find(
            below: "ci/",
            [
                secrets(listed("ci/app"), listed("ci/file"), listed("xci/no"), next: "2"),
                secrets(
                    listed("ci/gone", #","DeletedDate":1795341600.5"#), listed("ci/rds", #","OwningService":"rds""#)),
                values(
                    value("ci/app", #"{"AWS_ACCESS_KEY_ID":"\#(Self.id)","AWS_SECRET_ACCESS_KEY":"s","n":[1]}"#),
                    value("ci/file", file), value("ci/rds", #"{"id":"\#(Self.id)"}"#)),
            ])
        end.expect(KT_OK, "")
        #expect(
            end.lines.map { $0.replacing("AWS /secretsmanager:", with: "") } == [
                "ListSecrets", "ListSecrets", "BatchGetSecretValue",
            ])
        #expect(session.found.map(\.place) == ["ci/app", "ci/file", "ci/rds"].map { "\($0) in eu-west-1" })
        #expect(session.found.map(\.keyID) == [Self.id, Self.other, Self.id])
        #expect(
            session.found.map(\.fields) == [
                #"{"secret":"ci/app","region":"eu-west-1","shape":"json",\#(Self.pair)}"#,
                #"{"secret":"ci/file","region":"eu-west-1","shape":"credentials-file","profile":"deploy"}"#, "",
            ])
        #expect(session.found.dropFirst(2).first?.state == "managed by rds")
        #expect(
            try JSONValue(parsing: #require(end.requests.dropFirst(2).first).body)["SecretIdList"]?.strings?.count == 3)
    }

    @Test func `Secrets Manager: values that may not be read leave the names, and a gap`() throws {
        let session = try HostSession(.secretsManager)
        for refusal in [Self.accessDenied, Self.notGranted] {
            session.find(below: "*", [secrets(listed("ci/aws-credentials"), listed("ci/app")), refusal]).expect(
                KT_OK, "")
            #expect(session.found.map(\.names) == [#"["ci/aws-credentials"]"#] && session.found.first?.keyID == "")
            #expect(session.gaps.map(\.part) == ["values of 2 secrets of this region"])
            #expect(session.gaps.map(\.outcome) == [KT_UNAUTHORIZED])
        }
        #expect(session.gaps.first?.message.contains("plugin pin aws-secrets-manager --grant aws") == true)
        let one = #"{"SecretId":"x","ErrorCode":"DecryptionFailure","Message":"no"}"#
        session.find(below: "*", [secrets(listed("a"), listed("b")), values(value("a", "text"), errors: one)]).expect(
            KT_OK, "")
        #expect(session.gaps.map(\.part) == ["values of 1 secrets of this region"])
        #expect(session.gaps.first?.message.contains("DecryptionFailure") == true)
    }

    @Test func `Secrets Manager: a list that may not be read is not an empty one`() throws {
        let session = try HostSession(.secretsManager)
        #expect(session.find(below: "ci", [Self.accessDenied]).outcome == KT_UNAUTHORIZED)
        #expect(session.find(below: "ci", [Self.notGranted]).outcome == KT_UNAUTHORIZED)
        #expect(session.find(below: "ci", [.status(200, "{}")]).outcome == KT_RETRYABLE)
        session.find(below: "ci", [secrets()]).expect(KT_OK, "")
        #expect(session.found.isEmpty && session.gaps.isEmpty)
    }

    @Test func `Secrets Manager: a list without an end is a gap`() throws {
        let session = try HostSession(.secretsManager)
        let page = secrets(listed("a"), next: "n")
        session.answering = { request in
            request.url.hasSuffix("ListSecrets") ? page : .status(200, #"{"SecretValues":[]}"#)
        }
        let end = session.find(below: "*", [])
        #expect(end.outcome == KT_OK && end.requests.count <= 256)
        #expect(session.gaps.contains { $0.outcome == KT_UNSUPPORTED && $0.part.contains("past the first 40") })
    }

    // MARK: Parameter Store

    private func parameter(_ name: String, _ value: String, _ type: String = "SecureString") -> String {
        #"{"Name":"\#(name)","Type":"\#(type)","Value":\#(quotedJSON(value)),"Version":1,"LastModifiedDate":1795341600.25,"ARN":"arn:aws:ssm:eu-west-1:123456789012:parameter\#(name)"}"#
    }

    private func parameters(_ list: String..., next: String = "") -> Reply {
        let more = next.isEmpty ? "" : #","NextToken":"\#(next)""#
        return .status(200, #"{"Parameters":[\#(list.joined(separator: ","))]\#(more)}"#)
    }

    private var document: String { #"{"AWS_ACCESS_KEY_ID":"\#(Self.id)","AWS_SECRET_ACCESS_KEY":"s"}"# }

    @Test func `Parameter Store: documents, pairs of two parameters, and plain ones`() throws {
        let session = try HostSession(.parameterStore)
        let end = session.find(
            below: "ci",
            [
                parameters(parameter("/ci/app", document), parameter("/ci/plain", document, "String"), next: "2"),
                parameters(
                    parameter("/ci/two/AWS_ACCESS_KEY_ID", Self.other, "String"),
                    parameter("/ci/two/AWS_SECRET_ACCESS_KEY", "s"), parameter("/ci/none", "x")),
            ])
        end.expect(KT_OK, "")
        #expect(
            session.found.map(\.place) == [
                "/ci/app in eu-west-1", "/ci/plain in eu-west-1",
                "/ci/two/AWS_ACCESS_KEY_ID, /ci/two/AWS_SECRET_ACCESS_KEY in eu-west-1",
            ])
        #expect(session.found.map(\.keyID) == [Self.id, Self.id, Self.other])
        #expect(
            session.found.first?.fields == #"{"parameter":"/ci/app","region":"eu-west-1","shape":"json",\#(Self.pair)}"#
        )
        #expect(
            session.found.dropFirst(1).first?.state == "not a SecureString"
                && session.found.dropFirst(1).first?.fields == ""
                && session.found.dropFirst(2).first?.fields == "")
        let body = try JSONValue(parsing: #require(end.requests.dropFirst(0).first).body)
        #expect(
            body["Path"]?.string == "/ci" && body["WithDecryption"] == .bool(true) && body["Recursive"] == .bool(true))
        #expect(session.gaps.isEmpty)
    }

    @Test func `Parameter Store: what may not be decrypted shows its name alone, whatever comes in its place`() throws {
        let session = try HostSession(.parameterStore)
        let end = session.find(
            below: "/ci/",
            [
                Self.accessDenied,
                // As a stand-in gives it, that has no encryption.
                parameters(
                    parameter("/ci/aws-credentials", "kms:alias/aws/ssm:\(document)"),
                    parameter("/ci/id", Self.other, "String")),
            ])
        end.expect(KT_OK, "")
        #expect(session.found.map(\.keyID) == ["", Self.other])
        #expect(
            session.gaps.map(\.part) == ["values of 1 parameters below /ci"]
                && session.gaps.first?.outcome == KT_UNAUTHORIZED)
        #expect(
            try JSONValue(parsing: #require(end.requests.dropFirst(1).first).body)["WithDecryption"] == .bool(false))
    }

    @Test func `Parameter Store: without the right to read, names come from what pushes may ask`() throws {
        let session = try HostSession(.parameterStore)
        let described =
            #"{"Name":"/ci/aws-credentials","Type":"SecureString","Version":1,"LastModifiedDate":1795341600.25}"#
        let notGranted = Reply.error(KT_HTTP_REFUSED, "ssm:GetParametersByPath is not granted to this pusher")
        let end = session.find(below: "/ci", [notGranted, notGranted, parameters(described)])
        end.expect(KT_OK, "")
        #expect(end.lines.last == "AWS /ssm:DescribeParameters")
        #expect(session.found.map(\.names) == [#"["/ci/aws-credentials"]"#])
        #expect(session.found.first?.fields == #"{"parameter":"/ci/aws-credentials"}"#)
        #expect(session.gaps.first?.message.contains("plugin pin aws-ssm --grant aws") == true)
        let refused = session.find(below: "/ci", [Self.accessDenied, Self.accessDenied, Self.accessDenied])
        #expect(refused.outcome == KT_UNAUTHORIZED && session.found.isEmpty)
        session.find(below: "/ci", [parameters()]).expect(KT_OK, "")
        #expect(session.gaps.isEmpty && session.found.isEmpty)
    }

    @Test func `Parameter Store: ways of a search share the requests of a call`() throws {
        let session = try HostSession(.parameterStore)
        let page = parameters(parameter("/ci/a", "x"), next: "n")
        session.answering = { _ in page }
        let end = session.find(below: "/", [])
        #expect(end.outcome == KT_OK && end.requests.count == 240)
        #expect(session.gaps.map(\.outcome) == [KT_UNSUPPORTED])
    }
}
