import Foundation
import JSON
import Testing

@testable import PusherConformance

@Suite("Manifests")
struct ManifestTests {
    private func json(_ text: String) throws -> JSONValue { try #require(JSONValue(parsing: Array(text.utf8))) }

    @Test("a sample has what is required, and the first choice")
    func samples() throws {
        let schema = try json(
            #"""
            {"type": "object", "required": ["a", "b", "c"], "oneOf": [{"required": ["d"]}, {"required": ["e"]}], "properties": {
              "a": {"type": "string", "pattern": "^[^/]+/[^/]+$"}, "b": {"type": "integer", "minimum": 7},
              "c": {"enum": ["x", "y"]}, "d": {"type": "array", "minItems": 1, "items": {"type": "boolean"}},
              "e": {"type": "string"}}}
            """#)
        #expect(Sample.object(schema) == (try json(#"{"a":"acme/app","b":7,"c":"x","d":[true]}"#)))
    }

    @Test("what takes more than a guess has no sample")
    func noSample() throws {
        #expect(
            Sample.object(try json(#"{"required":["a"],"properties":{"a":{"type":"string","pattern":"^q{9}z$"}}}"#))
                == nil)
        #expect(Sample.object(try json(#"{"required":["a"],"properties":{}}"#)) == nil)
    }

    @Test("bad configurations lack a field, or have one of another type")
    func bad() throws {
        let schema = try json(#"{"required":["a"],"properties":{"a":{"type":"string"}}}"#)
        let bad = Sample.bad(schema, good: try json(#"{"a":"x"}"#)).map(\.value.text)
        #expect(bad == ["{}", #"{"a":[null]}"#])
    }

    @Test("a schema's mistakes are reported with their place")
    func lint() throws {
        let found = SchemaLint.faults(
            try json(#"{"type":"objekt","required":["b"],"properties":{"a":{"pattern":"(","format":"uri"}}}"#), "target"
        )
        #expect(
            found.faults == [
                "target.type is \"objekt\", not one of array, boolean, integer, null, number, object, string",
                "target.a.pattern is not a regular expression",
                "target.required names `b`, which is not a property",
            ])
        #expect(found.doubts == ["target.a: keyturn does not check `format`"])
    }

    @Test("an example must be what keyturn would take")
    func example() throws {
        func faults(_ example: String) throws -> [String] {
            ManifestRules.exampleFaults(
                of: try json(
                    #"""
                    {"id": "x", "secrets": ["token"], "place": ["p"], "example": \#(example),
                     "configuration": {"required": ["token"], "properties": {"token": {"type": "string"}}},
                     "target": {"additionalProperties": false, "required": ["p", "access-key-id"],
                     "properties": {"p": {"type": "string", "pattern": "^a/"}}}}
                    """#))
        }
        let token = #""configuration": {"token": {"env": "T"}}"#
        #expect(try faults(#"{"name": "x", \#(token), "target": {"p": "a/b"}}"#) == [])
        #expect(
            try faults(#"{"name": "x"}"#) == [
                "`example` must have `name`, and the objects `configuration` and `target`"
            ])
        #expect(
            try faults(#"{"name": "x", "configuration": {"token": "plain"}, "target": {"p": "b"}}"#) == [
                #"`example.configuration.token` is a secret: { "env": NAME }"#,
                #"`example.target`: `p` is `b`: it does not match its pattern ^a/"#,
            ])
        #expect(
            try faults(#"{"name": "x", "configuration": {}, "target": {"q": "b"}}"#) == [
                "`example.target` has no field of `place`", "`example.configuration`: `token` is missing",
                "`example.target`: `q` is not a field of a target", "`example.target`: `p` is missing",
            ])
    }

    @Test("the same seed and iteration make the same input, others another")
    func random() {
        func made(_ seed: UInt64, _ iteration: Int) -> [UInt8] {
            var random = Random(seed: seed, iteration: iteration)
            return Mutation.json(.object(["token": .string("x"), "place": .array([.bool(true)])]), &random)
        }
        #expect(made(1, 5) == made(1, 5))
        #expect(Set((0..<50).map { made(1, $0) }).count > 25)
        #expect(Set((0..<50).map { made(UInt64($0), 0) }).count > 25)
    }

    @Test("a library whose tables lead nowhere is refused, never followed")
    func tables() throws {
        let path = "/proc/self/exe"
        for (offset, length) in [(0, 64), (32, 8), (40, 8), (56, 2), (60, 2)] {
            #expect(throws: Stop.self) { try ELF(path: try Self.spoilt(path, offset, length)) }
        }
    }

    /// A copy of the start of a program, marked as a library, with bytes of one table's place set.
    private static func spoilt(_ path: String, _ offset: Int, _ length: Int) throws -> String {
        var bytes = Array(try Data(contentsOf: URL(filePath: path)).prefix(4_096))
        (bytes[16], bytes[17]) = (3, 0)
        for index in offset..<(offset + length) { bytes[index] = 0x7F }
        let copy = FileManager.default.temporaryDirectory.appending(
            path: "elf-\(offset)-\(UInt32.random(in: 0...(.max)))")
        try Data(bytes).write(to: copy)
        return copy.path
    }
}
