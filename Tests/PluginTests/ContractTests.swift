import CKeyturnPusher
import Testing

/// The vendors' contracts, which every request of a test of these plugins is held against.
@Suite(.enabled(if: Contract.gitlab != nil && Contract.travis != nil, "the contracts are not next to the repository"))
struct ContractTests {
    private static let body = #"{"value":"v","filter":{"environment_scope":"*"}}"#

    /// A request that fits, but for what a test changes.
    private func request(
        _ method: String = "PUT", _ path: String = "/api/v4/projects/a%2Fb/variables/K", body: String = body,
        headers: [String: String] = ["PRIVATE-TOKEN": "t", "Content-Type": "application/json"]
    ) -> Recorded {
        Recorded(method: method, url: "https://x.example/base\(path)", headers: headers, body: body)
    }

    private func faults(_ request: Recorded) throws -> [String] {
        try #require(Contract.gitlab).violations(of: request, below: "https://x.example/base")
    }

    @Test func `a request as it is documented has no faults`() throws {
        #expect(try faults(request()).isEmpty)
        let list = "/api/v4/groups/a/variables?per_page=100&page=2"
        #expect(try faults(request("GET", list, body: "", headers: ["PRIVATE-TOKEN": "t"])).isEmpty)
    }

    @Test func `a request that is not as documented is found`() throws {
        let json = ["Content-Type": "application/json"]
        let wrong = [
            request("PATCH"), request("PUT", "/api/v4/projects/a/b/variables/K"), request("PUT", "/api/v4/other"),
            request("PUT", "/api/v4/projects/a/variables/K?environment_scope=x"), request(headers: json),
            request("GET", "/api/v4/groups/a/variables?page=two", body: ""), request(body: "{"), request(body: "[]"),
            request(headers: ["PRIVATE-TOKEN": "t", "Content-Type": "text/plain"]),
            request(body: #"{"value":7}"#), request(body: #"{"filter":{"scope":"*"}}"#),
            request(body: #"{"masked_and_hidden":true}"#), request(body: #"{"variable_type":"pipe"}"#),
            request("POST", "/api/v4/projects/a/variables", body: #"{"key":"K"}"#),
            request("POST", "/api/v4/projects/a/variables", body: #"{"key":"K-1","value":"v"}"#),
            request("POST", "/api/v4/admin/ci/variables", body: #"{"key":"K","value":"v","environment_scope":"*"}"#),
            request("GET", "/api/v4/projects/a/variables/K"),
        ]
        for request in wrong {
            #expect(try !faults(request).isEmpty, "\(request.line) \(request.body)")
        }
    }

    /// A request that a plugin makes, and the answers that lead to it.
    struct Way: Sendable, CustomTestStringConvertible {
        let operation: Contract.Operation
        let call: @Sendable (HostSession, [Reply]) -> Ending
        var before: [Reply] = []

        var testDescription: String { "\(operation.method) \(operation.path)" }
    }

    private static let names = #""access-key-id":"ID","secret-access-key":"SECRET""#
    private static let missing = Reply.status(404, #"{"message":"404 Variable Not Found"}"#)

    private static let gitlabWays = [
        ("projects/{id}", #"{"project":"a/b",\#(names)}"#), ("groups/{id}", #"{"group":"a",\#(names)}"#),
        ("admin/ci", #"{"instance":true,\#(names)}"#),
    ].flatMap { place, target in
        let list = "/api/v4/\(place)/variables"
        let isGroup = place.hasPrefix("groups")
        let there = Reply.status(200, #"[{"key":"ID"},{"key":"SECRET"}]"#)
        return [
            Way(operation: .init(method: "GET", path: list), call: { $0.check(target, $1) }),
            Way(
                operation: .init(method: "POST", path: list), call: { $0.push(target, $1) },
                before: [isGroup ? .status(200, "[]") : missing]),
            Way(operation: .init(method: "GET", path: list + "/{key}"), call: { $0.inspect(target, $1) }),
            Way(
                operation: .init(method: "PUT", path: list + "/{key}"), call: { $0.push(target, $1) },
                before: isGroup ? [there] : []),
        ]
    }

    private static let travisTarget = #"{"repository":"a/b",\#(names)}"#
    private static let travisWays = [
        Way(operation: .init(method: "GET", path: "/repo/{repository}/env_vars"), call: { $0.push(travisTarget, $1) }),
        Way(
            operation: .init(method: "POST", path: "/repo/{repository}/env_vars"), call: { $0.push(travisTarget, $1) },
            before: [.status(200, #"{"env_vars":[]}"#)]),
        Way(
            operation: .init(method: "PATCH", path: "/repo/{repository}/env_var/{env_var_id}"),
            call: { $0.push(travisTarget, $1) },
            before: [.status(200, #"{"env_vars":[{"id":"1","name":"SECRET","public":false,"branch":null}]}"#)]),
    ]

    private static let outcomes: [UInt32: kt_outcome] = [
        400: KT_INVALID_CONFIG, 401: KT_UNAUTHORIZED, 403: KT_UNAUTHORIZED, 404: KT_NOT_FOUND, 409: KT_CONFLICT,
        422: KT_INVALID_CONFIG, 429: KT_RATE_LIMITED,
    ]

    @Test(arguments: gitlabWays) func `each answer that GitLab documents has its outcome`(way: Way) throws {
        try take(way, of: try #require(Contract.gitlab), .gitlab, subject: "GitLab: ")
    }

    @Test(arguments: travisWays) func `each answer that Travis CI documents has its outcome`(way: Way) throws {
        try take(way, of: try #require(Contract.travis), .travis, subject: "Travis CI: ")
    }

    /// Has each documented answer come to that very request. What a yes needs is reported in the tests of each plugin.
    private func take(_ way: Way, of contract: Contract, _ library: PluginLibrary, subject: String) throws {
        let statuses = contract.statuses(of: way.operation)
        #expect(statuses.count > 4)
        for status in statuses where status >= 300 {
            let end = way.call(try HostSession(library), way.before + [.status(status, #"{"message":"no"}"#)])
            let last = try #require(end.requests.dropFirst(way.before.count).first)
            let path = String(
                last.url.dropFirst(library.endpoint(in: library.configuration).count).prefix { $0 != "?" })
            #expect(contract.operation(last.method, path) == way.operation)
            // A missing variable of a project or the instance is not a failure: the next request creates it.
            if status == 404, way.operation.method == "PUT", !way.operation.path.contains("groups") {
                #expect(end.requests.count == 2 && end.requests[1].method == "POST")
                continue
            }
            end.expect(try #require(Self.outcomes[status], "\(status) has no outcome here"), subject)
        }
    }
}
