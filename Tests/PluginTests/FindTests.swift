import CKeyturnPusher
import Testing

/// What is listed below a scope: kt.find/1.
@Suite struct FindTests {
    private static let id = "AKIAIOSFODNN7EXAMPLE"

    private func page(_ name: String, _ items: String...) -> Reply {
        .status(200, #"{"total_count":\#(items.count),"\#(name)":[\#(items.joined(separator: ","))]}"#)
    }

    private func page(_ name: String, _ items: String, total: Int) -> Reply {
        .status(200, #"{"total_count":\#(total),"\#(name)":[\#(items)]}"#)
    }

    private func secret(_ name: String) -> String { #"{"name":"\#(name)","updated_at":"2026-11-01T00:00:00Z"}"# }

    private func expectDocumented(_ requests: [Recorded]) {
        for request in requests {
            let wrong = Contract.violations(of: request, below: "https://api.github.com", in: Contract.gitHubLists)
            #expect(wrong.isEmpty, "\(request.line) is not as documented")
        }
    }

    private static let forbidden = Reply.status(403, #"{"message":"Resource not accessible by personal access token"}"#)

    @Test func `GitHub: an owner lists its repositories and its own of each kind, and says what it may not see`() throws
    {
        let session = try HostSession(.github)
        let end = session.find(
            below: "acme",
            [
                .status(200, #"[{"full_name":"acme/app","id":1},{"full_name":"acme/old","id":2,"archived":true}]"#),
                .status(200, #"{"enabled_repositories":"all"}"#),
                page(
                    "variables",
                    #"{"name":"AWS_ACCESS_KEY_ID","value":"\#(Self.id)","updated_at":"2026-11-02T00:00:00Z"}"#),
                page("secrets", secret("AWS_SECRET_ACCESS_KEY")), Self.forbidden, page("secrets"), page("variables"),
                page("secrets", secret("AWS_ACCESS_KEY_ID"), secret("AWS_SECRET_ACCESS_KEY")),
            ])
        end.expect(KT_OK, "")
        #expect(session.scopes.map(\.name) == ["acme/app", "acme/old"])
        #expect(session.scopes[1].fields == #"{"repository":"acme/old","state":"archived"}"#)
        #expect(session.found.map(\.place) == ["organization acme", "organization acme (agents)"])
        #expect(session.found.map(\.keyID) == [Self.id, ""])
        #expect(
            session.found.map(\.fields) == [
                #"{"organization":"acme","kind":"actions","shape":"pair","key-id-as":"variable","access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY"}"#,
                "",
            ])
        #expect(session.gaps.map(\.part) == ["Dependabot secrets of organization acme"])
        #expect(session.gaps.map(\.outcome) == [KT_UNAUTHORIZED] && end.requests.allSatisfy { $0.method == "GET" })
        expectDocumented(end.requests)
    }

    @Test func `GitHub: lists go on until all of it is there`() throws {
        let session = try HostSession(.github)
        let empty = page("secrets")
        session.answering = { request in
            let page = request.url.split(separator: "page=").last.map(String.init) ?? ""
            switch request.url {
            case let url where url.contains("/orgs/acme/repos"):
                let names = (page == "1" ? 0..<100 : 100..<150).map { #"{"full_name":"acme/app-\#($0)","id":\#($0)}"# }
                return .status(200, "[\(names.joined(separator: ","))]")
            case let url where url.contains("/permissions"): return .status(200, #"{"enabled_repositories":"none"}"#)
            case let url where url.contains("/actions/secrets"):
                let names = (page == "1" ? 0..<100 : 100..<101).map { #"{"name":"AWS_ACCESS_KEY_ID_\#(1_000 + $0)"}"# }
                return .status(200, #"{"total_count":101,"secrets":[\#(names.joined(separator: ","))]}"#)
            case let url where url.contains("/variables"): return .status(200, #"{"total_count":0,"variables":[]}"#)
            default: return empty
            }
        }
        session.find(below: "acme", []).expect(KT_OK, "")
        #expect(session.scopes.count == 150 && session.found.count == 101)
        #expect(session.scopes.allSatisfy { $0.fields.contains("GitHub Actions is off") })
    }

    @Test func `GitHub: a repository lists its environments, which are scopes of their own`() throws {
        let session = try HostSession(.github)
        let end = session.find(
            below: "acme/app",
            [
                .status(200, #"{"full_name":"acme/app","archived":true}"#), page("variables"), page("secrets"),
                page("secrets"),
                page("secrets"), page("variables"), page("secrets"), page("environments", #"{"name":"prod/eu"}"#),
            ])
        end.expect(KT_OK, "")
        expectDocumented(end.requests)
        let scope = try #require(session.scopes.first)
        #expect(scope.name == "acme/app (environment prod/eu)" && scope.fields.contains(#""state":"archived""#))
        let below = session.find(
            below: scope.name, fields: scope.fields,
            [page("variables"), page("secrets", secret("AWS_SECRET_ACCESS_KEY"))])
        expectDocumented(below.requests)
        #expect(below.requests.last?.url.contains("/environments/prod%2Feu/secrets") == true)
        #expect(session.found.map(\.level) == [3] && session.found.map(\.state) == ["archived"])
    }

    @Test func `GitHub: a workflow gets the first hundred secrets of an organization`() throws {
        let session = try HostSession(.github)
        let names = (0..<101).map { secret("AWS_SECRET_ACCESS_KEY_\(1_000 + $0)") }.joined(separator: ",")
        _ = session.find(
            below: "acme",
            [
                .status(200, "[]"), .status(200, #"{"enabled_repositories":"all"}"#), page("variables"),
                .status(200, #"{"total_count":101,"secrets":[\#(names)]}"#), page("secrets"), page("secrets"),
                page("variables"), page("secrets"),
            ])
        #expect(session.found.filter { !$0.state.isEmpty }.map(\.names) == [#"["AWS_SECRET_ACCESS_KEY_1100"]"#])
    }

    @Test
    func
        `GitHub: the repositories that see a selected secret of an organization are named, by one request for each secret`()
        throws
    {
        let session = try HostSession(.github)
        func selected(_ name: String) -> String { #"{"name":"\#(name)","visibility":"selected"}"# }
        func repositories(_ names: [String]) -> Reply {
            page(
                "repositories", names.map { #"{"id":1,"full_name":"acme/\#($0)"}"# }.joined(separator: ","),
                total: names.count)
        }
        let many = (0..<30).map { "application-\(10 + $0)" }
        let end = session.find(
            below: "acme",
            [
                .status(200, "[]"), .status(200, #"{"enabled_repositories":"all"}"#), page("variables"),
                page(
                    "secrets", selected("AWS_ACCESS_KEY_ID"), selected("AWS_SECRET_ACCESS_KEY"), selected("UNRELATED"),
                    selected("DEPLOY_AWS_ACCESS_KEY_ID"), secret("OTHER_AWS_ACCESS_KEY_ID")),
                repositories(["web", "app"]), repositories(["app", "web", "only-one-half"]), repositories(many),
                page("secrets", selected("AWS_ACCESS_KEY_ID"), selected("AWS_SECRET_ACCESS_KEY")), repositories([]),
                repositories([]),
                page("secrets", selected("AWS_SECRET_ACCESS_KEY")), Self.forbidden, page("variables"), page("secrets"),
            ])
        end.expect(KT_OK, "")
        expectDocumented(end.requests)
        let places = session.found.map(\.place)
        #expect(places.first == "organization acme (seen by acme/app, acme/web)")
        #expect(places[1].contains("acme/application-10") && places[1].contains(" more)") && places[1].utf8.count < 290)
        #expect(places.dropFirst(2).first == "organization acme")
        #expect(places.contains("organization acme (dependabot) (seen by no repository)"))
        #expect(places.contains("organization acme (codespaces)"))
        #expect(session.gaps.map(\.part) == ["repositories that see AWS_SECRET_ACCESS_KEY of organization acme"])
    }

    @Test func `GitHub: a limit ends the call, and is no part that cannot be seen`() throws {
        let session = try HostSession(.github)
        let end = session.find(
            below: "acme/app", fields: #"{"repository":"acme/app"}"#,
            [page("variables"), .status(429, #"{"message":"slow"}"#, ["retry-after": "7"])])
        #expect(end.outcome == KT_RATE_LIMITED && end.report?.retryAfter == 7_000 && session.gaps.isEmpty)
    }

    @Test func `GitLab: a group lists what is below, and its own variables in each scope`() throws {
        let session = try HostSession(.gitlab)
        func variable(_ key: String, _ value: String, _ scope: String = "*", type: String = "env_var") -> String {
            #"{"variable_type":"\#(type)","key":"\#(key)","value":\#(value),"environment_scope":"\#(scope)"}"#
        }
        let end = session.find(
            below: "acme",
            [
                .status(200, #"[{"full_path":"acme/tools"}]"#),
                .status(200, #"[{"id":7,"path_with_namespace":"acme/app","archived":true}]"#),
                .status(
                    200,
                    "[\(variable("AWS_ACCESS_KEY_ID", #""\#(Self.id)""#)),\(variable("AWS_SECRET_ACCESS_KEY", "null")),"
                        + "\(variable("AWS_ACCESS_KEY_ID", "null", "prod")),\(variable("F", #""x=\#(Self.id)""#, type: "file"))]"
                ),
            ])
        end.expect(KT_OK, "")
        #expect(session.scopes.map(\.name) == ["acme/tools", "acme/app"])
        #expect(session.found.map(\.place) == ["group acme", "group acme", "group acme (scope prod)"])
        #expect(session.found.map(\.keyID) == [Self.id, Self.id, ""])
        #expect(session.found[1].fields.contains(#""credentials-file":"F""#))
        #expect(session.found[0].level < session.found[2].level)
    }

    @Test func `GitLab: schedules have variables of their own, which not everyone may read`() throws {
        let session = try HostSession(.gitlab)
        session.find(
            below: "acme/app", fields: #"{"project":"acme/app","state":""}"#,
            [
                .status(200, "[]"), .status(200, #"[{"id":1,"description":"nightly"},{"id":2,"description":"b"}]"#),
                .status(200, #"{"id":1,"variables":[{"key":"K","value":"\#(Self.id)"}]}"#), .status(200, #"{"id":2}"#),
            ]
        ).expect(KT_OK, "")
        #expect(session.found.map(\.place) == ["acme/app (schedule nightly)"] && session.found.map(\.fields) == [""])
        #expect(session.gaps.map(\.part) == ["variables of acme/app (schedule b)"])
    }

    @Test func `Travis CI: an owner lists its repositories and not those that others share`() throws {
        let session = try HostSession(.travis)
        session.find(
            below: "acme",
            [
                .status(
                    200,
                    #"{"repositories":[{"slug":"acme/app","active":false},{"slug":"other/app"}],"account_env_vars":[{"name":"AWS_ACCESS_KEY_ID","public":false}]}"#
                )
            ]
        ).expect(KT_OK, "")
        #expect(session.scopes.map(\.fields) == [#"{"repository":"acme/app","state":"inactive"}"#])
        #expect(session.found.map(\.place) == ["account acme"])
        let file = "W2RlZmF1bHRdCmF3c19hY2Nlc3Nfa2V5X2lkID0gQUtJQUlPU0ZPRE5ON0VYQU1QTEUK"
        session.find(
            below: "acme/app", fields: #"{"repository":"acme/app"}"#,
            [
                .status(
                    200,
                    #"{"env_vars":[{"id":"1","name":"F","value":"\#(file)","public":true,"branch":"main"},{"id":"2","name":"AWS_SECRET_ACCESS_KEY","public":false}]}"#
                )
            ]
        ).expect(KT_OK, "")
        #expect(session.found.map(\.place) == ["acme/app (branch main)", "acme/app"])
        #expect(session.found.map(\.keyID) == [Self.id, ""])
    }

    @Test func `a scope that may not be seen at all is a failure`() throws {
        let refused = Reply.status(403, #"{"message":"no","error_type":"insufficient_access","error_message":"no"}"#)
        for library in try [PluginLibrary.github, .gitlab, .travis] {
            let session = try HostSession(library)
            #expect(session.find(below: "acme", [refused]).outcome == KT_UNAUTHORIZED)
            #expect(session.found.isEmpty && session.scopes.isEmpty)
        }
    }
}
