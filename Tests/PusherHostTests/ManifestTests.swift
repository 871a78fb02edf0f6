import JSON
import JSONSchema
import PusherHost
import Testing

@Suite("Manifests")
struct ManifestTests {
    @Test("need no more than an ID")
    func least() throws {
        let manifest = try Manifest(text: #"{"id":"x"}"#, at: "manifest.json")
        #expect(manifest.id == "x" && manifest.allowsThreads && manifest.asks == Grants())
        #expect(manifest.shapes.isEmpty && manifest.title == "x" && manifest.example == nil)
        #expect(manifest.target.violations(in: .object(["any": .string("thing")])).isEmpty)
    }

    @Test("have a title and a first entry of the configuration, for init and the documentation")
    func example() throws {
        let text = #"""
            {"id": "travis-ci", "title": "Travis CI", "secrets": ["token"], "place": ["repository"], "example":
             {"name": "travis", "configuration": {"token": {"env": "TRAVIS_TOKEN"}}, "target": {"repository": "acme/app"}}}
            """#
        let manifest = try Manifest(text: text, at: "manifest.json")
        #expect(manifest.title == "Travis CI" && manifest.example?.name == "travis")
        #expect(manifest.example?.tokenVariable == "TRAVIS_TOKEN" && manifest.example?.placeField == "repository")
        #expect(manifest.example?.target == ["repository": .string("acme/app")])
    }

    @Test(
        "that cannot be used say why, with their place",
        arguments: [
            ("[]", "not a JSON object"), ("{", "not a JSON object"), (#"{"version":"1"}"#, "`id` is missing"),
            (#"{"id":"a/b"}"#, "other characters"), (#"{"id":".."}"#, "other characters"),
            (#"{"id":"a","version":"1"}"#, "semantic version"), (#"{"id":"a","version":7}"#, "semantic version"),
            (#"{"id":"a","version":"1.0.0\u001b[2J"}"#, "cannot be shown"),
            (#"{"id":"a","summary":"x\npinned: yes"}"#, "cannot be shown"),
            (#"{"id":"a","summary":"x\u202ey"}"#, "cannot be shown"),
            (#"{"id":"a","files":{"read":["/x\u0007"]}}"#, "cannot be shown"),
            (#"{"id":"a","target":{"properties":{"a\u200bb":{}}}}"#, "cannot be shown"),
            (#"{"id":"a","hosts":"b"}"#, "`hosts` must be an array"),
            (#"{"id":"a","hosts":["https://b/"]}"#, "`hosts.0` does not have the right form"),
            (#"{"id":"a","files":{"read":["relative"]}}"#, "`files.read.0` does not have the right form"),
            (#"{"id":"a","files":{"execute":["/x"]}}"#, "files.execute"),
            (#"{"id":"a","network":"yes"}"#, "`network` must be a boolean"),
            (#"{"id":"a","shapes":["b"]}"#, "`shapes` must be an object"),
            (#"{"id":"a","shapes":{"b":"c"}}"#, "`shapes` must be an object"),
            (#"{"id":"a","shapes":{"b":[]}}"#, "`shapes` must be an object"),
            (#"{"id":"a","title":""}"#, "`title` must have 1 to 64 bytes"),
            (#"{"id":"a","example":{}}"#, "`example` must have `name`"),
            (
                #"{"id":"a","place":["p"],"example":{"name":"A b","configuration":{},"target":{"p":"x"}}}"#,
                "`example` must have `name`"
            ),
            (
                #"{"id":"a","place":["p"],"example":{"name":"a","configuration":{},"target":{"q":7}}}"#,
                "and a text in `target`"
            ),
            (#"{"id":"a","abi":{"min":2,"max":3}}"#, "version 2 to 3 of the pusher ABI"),
        ])
    func mistakes(text: String, words: String) {
        let error = #expect(throws: PluginError.self) { try Manifest(text: text, at: "p/manifest.json") }
        #expect(error?.description.contains(words) == true)
        #expect(error?.description.hasPrefix("p/manifest.json: ") == true)
    }
}
