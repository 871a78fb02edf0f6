import CKeyturnPusher
import Testing

/// What is listed around a target: kt.find/1.
@Suite struct NeighbourTests {
    private static let names =
        #""access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#
    private static let id = "AKIAIOSFODNN7EXAMPLE"

    private func gitlab(_ key: String, _ value: String, scope: String = "*", type: String = "env_var") -> String {
        #"{"variable_type":"\#(type)","key":"\#(key)","value":"\#(value)","hidden":false,"environment_scope":"\#(scope)"}"#
    }

    @Test func `GitLab: other scopes, the other shape and the groups above`() throws {
        let session = try HostSession(.gitlab)
        let file = #"[x]\naws_access_key_id = \#(Self.id)\n"#
        let end = session.find(
            #"{"project":"acme/tools/app",\#(Self.names)}"#,
            [
                .status(
                    200,
                    "[\(gitlab("AWS_ACCESS_KEY_ID", Self.id)),\(gitlab("AWS_ACCESS_KEY_ID", Self.id, scope: "staging")),"
                        + "\(gitlab("FILE", file, type: "file")),\(gitlab("OTHER", "AKIA"))]"),
                .status(200, "[\(gitlab("AWS_ACCESS_KEY_ID", "AKIAOTHEROTHEROTHER0"))]"),
                .status(403, #"{"message":"403 Forbidden"}"#),
            ])
        end.expect(KT_OK, "3 places around it")
        #expect(
            session.found.map(\.place) == [
                "acme/tools/app (scope staging), variable AWS_ACCESS_KEY_ID", "acme/tools/app, variable FILE",
                "group acme/tools, variable AWS_ACCESS_KEY_ID",
            ])
        #expect(session.found.map(\.keyID) == [Self.id, Self.id, "AKIAOTHEROTHEROTHER0"])
        #expect(
            session.found.first?.fields
                == #"{"project":"acme/tools/app","environment-scope":"staging","shape":"pair","access-key-id":"AWS_ACCESS_KEY_ID"}"#
        )
        #expect(end.requests.allSatisfy { $0.method == "GET" })
    }

    @Test func `Travis CI: other branches and other names`() throws {
        let session = try HostSession(.travis)
        func variable(_ name: String, branch: String) -> String {
            #"{"id":"1","name":"\#(name)","value":"\#(Self.id)","public":true,"branch":\#(branch)}"#
        }
        let list = [
            variable("AWS_ACCESS_KEY_ID", branch: "null"), variable("AWS_ACCESS_KEY_ID", branch: #""main""#),
            variable("OTHER", branch: "null"),
        ]
        let end = session.find(
            #"{"repository":"acme/app",\#(Self.names)}"#,
            [.status(200, #"{"env_vars":[\#(list.joined(separator: ","))]}"#)])
        end.expect(KT_OK, "2 places around it")
        #expect(
            session.found.map(\.place) == [
                "acme/app (branch main), variable AWS_ACCESS_KEY_ID", "acme/app, variable OTHER",
            ])
    }

    @Test func `GitHub: variables of the repository, its environments and its organization`() throws {
        let session = try HostSession(.github)
        func list(_ name: String, _ value: String) -> Reply {
            .status(200, #"{"total_count":1,"variables":[{"name":"\#(name)","value":"\#(value)"}]}"#)
        }
        let end = session.find(
            #"{"repository":"acme/app",\#(Self.names)}"#,
            [
                list("AWS_ACCESS_KEY_ID", Self.id),
                .status(200, #"{"total_count":1,"environments":[{"name":"prod/eu"}]}"#), list("ID", Self.id),
                .status(404, #"{"message":"Not Found"}"#),
            ])
        end.expect(KT_OK, "2 places around it")
        #expect(
            session.found.map(\.place) == [
                "repository acme/app, variable AWS_ACCESS_KEY_ID", "acme/app (environment prod/eu), variable ID",
            ])
    }
}
