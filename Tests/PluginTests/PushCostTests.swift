import CKeyturnPusher
import JSON
import Testing

/// What a manifest says that a push needs is what it needs: too little, and a push stops half-way at a rate limit.
@Suite struct PushCostTests {
    private static let names = #""access-key-id":"ID","secret-access-key":"SECRET""#
    private static let travis = (
        target: #"{"repository":"acme/app",\#(names)}"#,
        creating: [
            Reply.status(200, #"{"env_vars":[]}"#),
            .status(201, #"{"id":"1","name":"SECRET","public":false}"#),
            .status(201, #"{"id":"2","name":"ID","public":true,"value":"\#(HostSession.keyID)"}"#),
        ]
    )
    private static let gitlab = (
        target: #"{"project":"acme/app",\#(names)}"#,
        changing: [
            Reply.status(200, #"{"key":"SECRET","value":null}"#), .status(200, #"{"key":"ID","value":null}"#),
        ]
    )

    private func told(_ library: PluginLibrary) throws -> [String: JSONValue] {
        try JSONValue(parsing: library.manifestFile)["pace"]?["push"]?.object ?? [:]
    }

    private func count(_ methods: Set<String>, _ end: Ending) -> JSONValue {
        .integer(Int64(end.requests.count { methods.contains($0.method) }))
    }

    @Test func `of Travis CI, with both variables to be made`() throws {
        let end = try HostSession(.travis).push(Self.travis.target, Self.travis.creating)
        end.expect(KT_OK, "Travis CI: ")
        #expect(
            try told(.travis) == [
                "read": count(["GET"], end), "write": count(["POST", "PATCH"], end), "post": count(["POST"], end),
            ])
    }

    @Test func `of GitLab, with both variables there`() throws {
        let end = try HostSession(.gitlab).push(Self.gitlab.target, Self.gitlab.changing)
        end.expect(KT_OK, "GitLab: ")
        #expect(try told(.gitlab) == ["write": count(["PUT", "POST"], end)])
        #expect(end.requests.count == 2)
    }
}
