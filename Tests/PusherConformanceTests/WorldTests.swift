import CKeyturnPusher
import JSON
import Testing

@testable import PusherConformance

@Suite("The scripted service")
struct WorldTests {
    private let replies = #"""
        {"configuration": {}, "targets": [{}], "replies": [
          {"method": "PUT", "path": "/v/([^/]+)", "unless": "{{1}}", "status": 201,
           "store": {"key": "{{1}}", "value": {"name": "{{1}}", "on": "{{body.on}}", "deep": "{{body.a.b}}"}},
           "body": {"$kept": "{{1}}"}},
          {"method": "PUT", "path": "/v/([^/]+)", "status": 200,
           "store": {"key": "{{1}}", "value": {"on": "{{body.on}}"}}, "body": {"$kept": "{{1}}"}},
          {"method": "GET", "path": "/v", "status": 200, "body": {"all": {"$all": ""}, "text": "n{{number}}"}}
        ]}
        """#

    private func request(_ method: String, _ path: String, _ body: String = "") -> Request {
        var request = Request(nil)
        request.method = method
        request.url = "https://ci.example.com\(path)?page=1"
        request.faults = []
        request.body = Array(body.utf8)
        return request
    }

    private func ask(_ world: World, _ method: String, _ path: String, _ body: String = "") -> (UInt32, String) {
        var asked = request(method, path, body)
        let answer = world.answer(&asked)
        return (answer.status, String(decoding: answer.body, as: UTF8.self))
    }

    @Test("a POST that asks is no write, where the fixture says so")
    func questions() throws {
        let world = World(
            try Fixture(
                Array(
                    #"""
                    {"configuration": {}, "targets": [{}], "replies": [
                      {"method": "POST", "path": "/may", "status": 200, "asks": true, "body": {}},
                      {"method": "POST", "path": "/do", "status": 200, "body": {}}]}
                    """#.utf8)
            ).rules)
        for (path, isWrite) in [("/may", false), ("/do", true), ("/other", true)] {
            var asked = request("POST", path)
            _ = world.answer(&asked)
            #expect(asked.isWrite == isWrite)
        }
    }

    @Test("$TMPDIR at the start of a text is the directory of the test, in targets and scopes")
    func scratch() throws {
        let fixture = try Fixture(
            Array(
                #"""
                {"configuration": {"home": "$TMPDIR"}, "replies": [], "scopes": ["$TMPDIR/a", "/b"],
                 "targets": [{"path": "$TMPDIR/c", "name": "not $TMPDIR"}]}
                """#.utf8), scratch: "/tmp/t-1")
        #expect(fixture.configuration["home"]?.string == "/tmp/t-1")
        #expect(fixture.scopes == ["/tmp/t-1/a", "/b"])
        #expect(fixture.targets.first?["path"]?.string == "/tmp/t-1/c")
        #expect(fixture.targets.first?["name"]?.string == "not $TMPDIR")
    }

    @Test("what is written is kept, merged, and listed")
    func kept() throws {
        let world = World(try Fixture(Array(replies.utf8)).rules)
        #expect(
            ask(world, "PUT", "/v/A", #"{"on":true,"a":{"b":"c"}}"#) == (201, #"{"deep":"c","name":"A","on":true}"#))
        #expect(ask(world, "PUT", "/v/A", #"{"on":false}"#) == (200, #"{"deep":"c","name":"A","on":false}"#))
        #expect(ask(world, "GET", "/v") == (200, #"{"all":[{"deep":"c","name":"A","on":false}],"text":"n2"}"#))
        #expect(world.unmatched == [])
    }

    @Test("a text is sent as it is, with the header fields that are given")
    func texts() throws {
        let replies = #"""
            {"configuration": {}, "targets": [{}], "replies": [
              {"method": "PUT", "path": "/x", "status": 200, "store": {"key": "x", "value": "{{body}}"}, "text": ""},
              {"method": "GET", "path": "/x", "status": 200, "headers": {"content-type": "application/xml"}, "text": {"$kept": "x"}}
            ]}
            """#
        let world = World(try Fixture(Array(replies.utf8)).rules)
        #expect(ask(world, "PUT", "/x", "<a b=\"c\"/>") == (200, ""))
        var asked = request("GET", "/x")
        let answer = world.answer(&asked)
        #expect(String(decoding: answer.body, as: UTF8.self) == "<a b=\"c\"/>")
        #expect(answer.headers.map { "\($0.name): \($0.value)" } == ["content-type: application/xml"])
        let two = replies.replacing(#""text": """#, with: #""text": "", "body": {}"#)
        #expect(throws: FixtureError.self) { try Fixture(Array(two.utf8)) }
    }

    @Test("a request that no reply is for is remembered")
    func unmatched() throws {
        let world = World(try Fixture(Array(replies.utf8)).rules)
        #expect(ask(world, "DELETE", "/v/A").0 == 404)
        #expect(world.unmatched == ["DELETE /v/A"])
    }

    @Test("a fault is the answer to the one request that it is for, and changes nothing")
    func faults() throws {
        let world = World(try Fixture(Array(replies.utf8)).rules, fault: .serverError, at: .only(1))
        #expect(ask(world, "PUT", "/v/A", "{}").0 == 201)
        #expect(ask(world, "PUT", "/v/B", "{}").0 == 500)
        #expect(ask(world, "GET", "/v").1.contains(#""name":"B""#) == false)
    }

    @Test(
        "a URL's parts",
        arguments: [
            ("https://A.example.com:8443/p/q?x#y", "a.example.com", "/p/q"), ("https://[::1]:1/", "::1", "/"),
            ("https://user@b.example.com", "b.example.com", ""), ("no URL", "", ""),
        ])
    func parts(_ url: String, _ host: String, _ path: String) {
        var request = Request(nil)
        request.url = url
        #expect(request.host == host)
        #expect(request.path == path)
    }
}
