import CKeyturnPusher
import Foundation
import JSON
import Testing

/// What is listed below a scope of Azure DevOps, Forgejo, Jenkins and Kubernetes: kt.find/1.
@Suite struct PlaceFindTests {
    private static let id = "AKIAIOSFODNN7EXAMPLE"
    private static let pair = #""access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#

    // MARK: Azure DevOps

    private func group(_ name: String, _ variables: String, type: String = "Vsts") -> String {
        #"{"id":7,"type":"\#(type)","name":"\#(name)","modifiedOn":"2026-11-02T00:00:00.5Z","variables":{\#(variables)}}"#
    }

    private func list(_ items: String..., more: String = "") -> Reply {
        .status(
            200, #"{"count":\#(items.count),"value":[\#(items.joined(separator: ","))]}"#,
            more.isEmpty ? [:] : ["x-ms-continuationtoken": more])
    }

    @Test func `Azure DevOps: an organization lists its projects, page after page`() throws {
        let session = try HostSession(.azure)
        func project(_ name: String) -> String {
            #"{"id":"0f6d1a5e-1d4a-4f6b-8c3e-2a1b0c9d8e7f","name":"\#(name)","state":"wellFormed"}"#
        }
        let end = session.find(below: "acme", [list(project("our app"), more: "1"), list(project("Other"))])
        end.expect(KT_OK, "")
        #expect(session.scopes.map(\.name) == ["acme/our app", "acme/Other"] && session.found.isEmpty)
        #expect(try #require(end.requests.dropFirst(1).first).url.contains("continuationToken=1"))
        #expect(session.find(below: "acme", [.status(203, "<html>sign in</html>")]).outcome == KT_UNAUTHORIZED)
        #expect(session.scopes.isEmpty)
    }

    @Test func `Azure DevOps: a project's groups, with plain key IDs, secret ones, and those of a key vault`() throws {
        let session = try HostSession(.azure)
        let secret = #"{"value":null,"isSecret":true}"#
        let readable = #""AWS_ACCESS_KEY_ID":{"value":"\#(Self.id)"},"AWS_SECRET_ACCESS_KEY":\#(secret)"#
        let hidden = #""AWS_ACCESS_KEY_ID":\#(secret),"AWS_SECRET_ACCESS_KEY":\#(secret)"#
        let vault = #""AWS-SECRET-ACCESS-KEY":{"value":null,"enabled":true}"#
        let end = session.find(
            below: "acme/our app",
            [
                list(group("aws", readable), group("plain", #""REGION":{"value":"x"}"#), more: "2"),
                list(group("hidden", hidden), group("vault", vault, type: "AzureKeyVault")),
            ])
        end.expect(KT_OK, "")
        #expect(
            session.found.map(\.place) == ["aws", "hidden", "vault"].map { "variable group \($0) of acme/our app" })
        #expect(session.found.map(\.keyID) == [Self.id, "", ""])
        #expect(
            session.found.first?.fields
                == #"{"organization":"acme","project":"our app","variable-group":"aws",\#(Self.pair)}"#)
        #expect(
            session.found.dropFirst(2).first?.fields == ""
                && session.found.dropFirst(2).first?.state == "values are in Azure Key Vault")
        #expect(end.requests.allSatisfy { $0.method == "GET" })
    }

    // MARK: Forgejo

    private func page(_ items: String..., total: Int? = nil) -> Reply {
        .status(200, "[\(items.joined(separator: ","))]", ["x-total-count": "\(total ?? items.count)"])
    }

    private func repository(_ name: String, _ more: String = "") -> String {
        #"{"id":1,"full_name":"\#(name)"\#(more)}"#
    }

    private func variable(_ name: String, _ data: String) -> String {
        #"{"name":"\#(name)","data":"\#(data)","owner_id":1,"repo_id":1}"#
    }

    private func named(_ name: String) -> String { #"{"name":"\#(name)","created_at":"2026-11-01T00:00:00Z"}"# }

    private static let notFound = Reply.status(
        404, #"{"message":"The target couldn't be found.","url":"","errors":null}"#)
    private static let notOwner = Reply.status(403, #"{"message":"Must be an organization owner","url":""}"#)

    @Test func `Forgejo: an organization lists its repositories, and its own secrets and variables`() throws {
        let session = try HostSession(.forgejo)
        let end = session.find(
            below: "acme",
            [
                page(repository("acme/app"), total: 3),
                page(
                    repository("acme/old", #","archived":true"#), repository("acme/off", #","has_actions":false"#),
                    total: 3),
                page(variable("AWS_ACCESS_KEY_ID", Self.id)), page(named("AWS_SECRET_ACCESS_KEY")),
            ])
        end.expect(KT_OK, "")
        #expect(session.scopes.map(\.name) == ["acme/app", "acme/old", "acme/off"])
        #expect(session.scopes.dropFirst(1).first?.fields == #"{"repository":"acme/old","state":"archived"}"#)
        #expect(session.scopes.dropFirst(2).first?.fields.contains("Actions is off") == true)
        #expect(
            session.found.map(\.fields) == [
                #"{"organization":"acme","shape":"pair","key-id-as":"variable",\#(Self.pair)}"#
            ])
        #expect(session.found.map(\.keyID) == [Self.id] && session.gaps.isEmpty)
    }

    @Test func `Forgejo: what may not be listed is a gap, and what is empty is none`() throws {
        let session = try HostSession(.forgejo)
        session.find(
            below: "acme/app", fields: #"{"repository":"acme/app","state":"archived"}"#,
            [Self.notOwner, page(named("AWS_CREDENTIALS_FILE"))]
        ).expect(KT_OK, "")
        #expect(session.gaps.map(\.part) == ["variables of acme/app"] && session.gaps.first?.outcome == KT_UNAUTHORIZED)
        #expect(session.found.map(\.state) == ["archived"] && session.found.map(\.level) == [2])
        #expect(
            session.found.first?.fields
                == #"{"repository":"acme/app","shape":"credentials-file","credentials-file":"AWS_CREDENTIALS_FILE","profile":"default"}"#
        )
        session.find(below: "acme/app", fields: #"{"repository":"acme/app"}"#, [page(), page()]).expect(KT_OK, "")
        #expect(session.found.isEmpty && session.gaps.isEmpty)
        #expect(session.find(below: "acme/app", [Self.notFound]).outcome == KT_NOT_FOUND)
    }

    @Test func `Forgejo: variables that an older one lists without values are read one by one`() throws {
        let session = try HostSession(.forgejo)
        let end = session.find(
            below: "acme/app", fields: #"{"repository":"acme/app","state":""}"#,
            [
                page(variable("DEPLOY", ""), variable("GONE", "")), page(),
                .status(200, variable("DEPLOY", Self.id)), Self.notFound,
            ])
        end.expect(KT_OK, "")
        #expect(session.found.map(\.names) == [#"["DEPLOY"]"#] && session.gaps.isEmpty)
        #expect(end.requests.count == 4)
    }

    @Test func `Forgejo: a user's own is shown to the user alone`() throws {
        let session = try HostSession(.forgejo)
        let other = session.find(
            below: "bob", [Self.notFound, page(repository("bob/tool")), .status(200, #"{"id":1,"login":"bot"}"#)])
        other.expect(KT_OK, "")
        #expect(session.scopes.map(\.name) == ["bob/tool"] && session.gaps.map(\.outcome) == [KT_UNSUPPORTED])
        session.find(
            below: "Bot",
            [
                Self.notFound, page(), .status(200, #"{"id":1,"login":"bot"}"#), page(),
                page(named("AWS_ACCESS_KEY_ID"), named("AWS_SECRET_ACCESS_KEY")),
            ]
        ).expect(KT_OK, "")
        #expect(session.found.map(\.place) == ["the token's user"] && session.gaps.isEmpty)
        #expect(session.find(below: "nobody", [Self.notFound, Self.notFound]).outcome == KT_NOT_FOUND)
    }

    // MARK: Jenkins

    private func domain(_ credentials: (id: String, name: String, kind: String)...) -> Reply {
        let list = credentials.map { #"{"id":"\#($0.id)","displayName":"\#($0.name)","typeName":"\#($0.kind)"}"# }
        return .status(200, #"{"credentials":[\#(list.joined(separator: ","))]}"#)
    }

    private func jobs(_ jobs: String...) -> Reply { .status(200, #"{"jobs":[\#(jobs.joined(separator: ","))]}"#) }

    @Test func `Jenkins: folders are scopes, and the names of credentials show key IDs`() throws {
        let session = try HostSession(.jenkins)
        let end = session.find(
            below: "*",
            [
                jobs(
                    #"{"name":"team a","jobs":[]}"#, #"{"name":"build"}"#, #"{"name":"x/../y","jobs":[{"name":"z"}]}"#),
                .status(200, #"{"domains":{"_":{},"prod":{}}}"#),
                domain(
                    ("deploy", "\(Self.id) (of CI)", "AWS Credentials"),
                    ("login", "AKIAOTHEROTHEROTHER0/******", "Username with password"),
                    ("note", "\(Self.id)", "Secret text"),
                    ("bob", "bob/****** (AKIAOTHEROTHEROTHER0)", "Username with password"),
                    ("AWS_SECRET_ACCESS_KEY", "of the deploy user", "Secret text")),
                domain(),
            ])
        end.expect(KT_OK, "")
        #expect(session.scopes.map(\.fields) == [#"{"folder":"team a"}"#, #"{"folder":"x/../y"}"#])
        #expect(session.found.map(\.keyID) == [Self.id, "AKIAOTHEROTHEROTHER0", ""])
        #expect(
            session.found.map(\.fields) == [
                #"{"credential":"deploy","domain":"_"}"#, #"{"credential":"login","domain":"_"}"#, "",
            ])
        #expect(session.found.dropFirst(2).first?.names == #"["AWS_SECRET_ACCESS_KEY"]"#)
        #expect(end.requests.count == 4 && end.requests.allSatisfy { $0.method == "GET" })
        // A name that would be a step up is not asked about.
        let step = session.find(below: "y", fields: #"{"folder":"x/../y"}"#, [])
        #expect(step.outcome == KT_INVALID_CONFIG && step.requests.isEmpty)
    }

    @Test func `Jenkins: a folder whose credentials may not be viewed is a gap, and its folders go on`() throws {
        let session = try HostSession(.jenkins)
        let missing = Reply.status(404, "<html>Not Found</html>", ["content-type": "text/html"])
        session.find(below: "team", [jobs(#"{"name":"app","jobs":[]}"#), missing]).expect(KT_OK, "")
        #expect(session.scopes.map(\.fields) == [#"{"folder":"team/app"}"#])
        #expect(
            session.gaps.map(\.part) == ["credentials of folder team"] && session.gaps.first?.outcome == KT_NOT_FOUND)
        session.find(below: "team", [jobs(), .status(200, #"{"domains":{}}"#)]).expect(KT_OK, "")
        #expect(session.gaps.isEmpty && session.found.isEmpty)
        #expect(session.find(below: "nowhere", [missing]).outcome == KT_NOT_FOUND)
    }

    @Test func `Jenkins: jobs come in parts`() throws {
        let session = try HostSession(.jenkins)
        let many = (0..<500).map { #"{"name":"job-\#($0)"}"# }.joined(separator: ",")
        let end = session.find(
            below: "*",
            [
                .status(200, #"{"jobs":[\#(many)]}"#), jobs(#"{"name":"last","jobs":[]}"#),
                .status(200, #"{"domains":{}}"#),
            ])
        end.expect(KT_OK, "")
        #expect(session.scopes.map(\.name) == ["last"] && end.requests.last?.url.isEmpty == false)
        #expect(end.lines.contains { $0.hasSuffix("%7B500%2C1000%7D") })
    }

    // MARK: Kubernetes

    private func session() throws -> HostSession {
        let configuration = #"{"token":"\#(HostSession.token)","endpoint":"https://kubernetes.default.svc"}"#
        return try HostSession(.kubernetes, configuration: configuration)
    }

    private func secret(_ name: String, _ data: [(String, String)], more: String = "", metadata: String = "") -> String
    {
        let fields = data.map { #""\#($0.0)":"\#(Data($0.1.utf8).base64EncodedString())""# }.joined(separator: ",")
        return #"{"metadata":{"name":"\#(name)"\#(metadata)},"data":{\#(fields)}\#(more)}"#
    }

    private func items(_ kind: String, _ items: String..., more: String = "") -> Reply {
        .status(
            200,
            #"{"kind":"\#(kind)List","apiVersion":"v1","metadata":{"continue":"\#(more)"},"items":[\#(items.joined(separator: ","))]}"#
        )
    }

    @Test func `Kubernetes: every value of a namespace's Secrets is searched, and none is shown`() throws {
        let session = try session()
        let file = "[deploy]\naws_access_key_id = \(Self.id)\naws_secret_access_key = \(HostSession.secret)\n"
        let end = session.find(
            below: "ci",
            [
                items(
                    "Secret",
                    secret("aws", [("AWS_ACCESS_KEY_ID", Self.id), ("AWS_SECRET_ACCESS_KEY", HostSession.secret)]),
                    secret("tls", [("tls.key", "x")]), more: "next page"),
                items(
                    "Secret", secret("file", [("credentials", file)]),
                    secret("fixed", [("id", Self.id), ("secret", "s")], more: #","immutable":true"#),
                    secret("ending", [("id", Self.id)], metadata: #","deletionTimestamp":"2026-11-01T00:00:00Z""#),
                    #"{"metadata":{"name":"empty"}}"#),
            ])
        end.expect(KT_OK, "")
        #expect(session.found.map(\.place) == ["ci/aws", "ci/file", "ci/fixed", "ci/ending"])
        #expect(session.found.allSatisfy { $0.keyID == Self.id })
        #expect(session.found.first?.fields == #"{"namespace":"ci","secret":"aws",\#(Self.pair)}"#)
        #expect(
            session.found.dropFirst(1).first?.fields == ""
                && session.found.dropFirst(1).first?.names == #"["credentials"]"#)
        #expect(session.found.map(\.state) == ["", "", "immutable", "being deleted"])
        #expect(
            try #require(end.requests.dropFirst(1).first).url.contains("continue=next%20page")
                && end.requests.count == 2)
    }

    @Test func `Kubernetes: all namespaces are scopes, and a right that lacks is named`() throws {
        let session = try session()
        session.find(
            below: "*",
            [
                items(
                    "Namespace", #"{"metadata":{"name":"ci"}}"#,
                    #"{"metadata":{"name":"old","deletionTimestamp":"2026-11-01T00:00:00Z"}}"#)
            ]
        ).expect(KT_OK, "")
        #expect(
            session.scopes.map(\.name) == ["ci", "old"]
                && session.scopes.dropFirst(1).first?.fields.contains("being deleted") == true)
        let refused = Reply.status(
            403, #"{"kind":"Status","reason":"Forbidden","message":"secrets is forbidden","details":{},"code":403}"#)
        let end = session.find(below: "ci", [refused])
        #expect(
            end.outcome == KT_UNAUTHORIZED
                && end.report?.message.contains("a Role in namespace ci with the verb list") == true)
        #expect(session.find(below: "*", [refused]).report?.message.contains("ClusterRole") == true)
    }

    @Test func `Kubernetes: a list that is none, and one that took too long, are not taken for an empty one`() throws {
        let session = try session()
        for body in [#"{"kind":"Status","items":[]}"#, #"{"items":[]}"#, "<html></html>"] {
            #expect(session.find(below: "ci", [.status(200, body)]).outcome == KT_RETRYABLE)
        }
        let gone = Reply.status(
            410, #"{"kind":"Status","reason":"Expired","message":"too old","details":{},"code":410}"#)
        #expect(session.find(below: "ci", [items("Secret", more: "n"), gone]).outcome == KT_RETRYABLE)
        #expect(session.found.isEmpty)
    }
}
