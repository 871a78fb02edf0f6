import JSON
import JSONSchema
import Testing

@Suite("Schemas")
struct SchemaTests {
    /// What a schema says of a value: `path: message`, path left out at the top.
    private func messages(_ schema: String, _ value: String) throws -> [String] {
        try Schema(JSONValue(parsing: schema)).violations(in: JSONValue(parsing: value)).map { violation in
            violation.path.isEmpty
                ? violation.message : "\(violation.path.joined(separator: "/")): \(violation.message)"
        }
    }

    @Test("types: what is wrong is told with what is right")
    func types() throws {
        #expect(try messages(#"{"type": "string"}"#, "5") == ["must be a string"])
        #expect(try messages(#"{"type": ["string", "integer"]}"#, "true") == ["must be a string or an integer"])
        #expect(try messages(#"{"type": "array"}"#, "{}") == ["must be an array"])
        #expect(try messages(#"{"type": "object"}"#, "[]") == ["must be an object"])
        #expect(try messages(#"{"type": "null"}"#, "0") == ["must be a null"])
        for (type, value) in [
            ("string", #""x""#), ("integer", "5"), ("number", "5"), ("number", "5.5"), ("boolean", "false"),
            ("null", "null"), ("array", "[]"), ("object", "{}"), ("integer", "5.0"),
        ] {
            #expect(try messages(#"{"type": "\#(type)"}"#, value).isEmpty, "\(value) is a \(type)")
        }
        #expect(try messages(#"{"type": "integer"}"#, "5.5") == ["must be an integer"])
    }

    @Test("a list's least length")
    func listLengths() throws {
        #expect(try messages(#"{"minItems": 2}"#, "[1]") == ["must have at least 2 elements"])
        #expect(try messages(#"{"minItems": 2}"#, "[1, 2]").isEmpty)
    }

    @Test("enum and const")
    func constants() throws {
        let kinds = #"{"enum": ["actions", "dependabot", 3]}"#
        #expect(try messages(kinds, #""codespaces""#) == ["must be one of actions, dependabot, 3"])
        #expect(try messages(kinds, #""actions""#).isEmpty)
        #expect(try messages(#"{"const": true}"#, "false") == ["must be true"])
        #expect(try messages(#"{"const": true}"#, "true").isEmpty)
    }

    @Test("lengths are counted in characters, not in bytes")
    func lengths() throws {
        #expect(try messages(#"{"minLength": 1}"#, #""""#) == ["must not be empty"])
        #expect(try messages(#"{"minLength": 3}"#, #""äö""#) == ["must have at least 3 characters"])
        #expect(try messages(#"{"maxLength": 2}"#, #""abc""#) == ["must have at most 2 characters"])
        #expect(try messages(#"{"minLength": 2, "maxLength": 2}"#, #""äö""#).isEmpty)
        #expect(try messages(#"{"minLength": 3}"#, "5").isEmpty)
    }

    @Test("numbers: limits are part of the range, and are told as they are written")
    func limits() throws {
        let port = #"{"minimum": 1, "maximum": 65535}"#
        #expect(try messages(port, "0") == ["must be at least 1"])
        #expect(try messages(port, "65536") == ["must be at most 65535"])
        #expect(try messages(#"{"minimum": 0.5}"#, "0.25") == ["must be at least 0.5"])
        for value in ["1", "65535", #""0""#] { #expect(try messages(port, value).isEmpty) }
    }

    @Test("patterns look anywhere in the text, unless they are anchored")
    func patterns() throws {
        let repository = #"{"pattern": "^[^/\\s]+/[^/\\s]+$"}"#
        #expect(try messages(repository, #""acme/app""#).isEmpty)
        for bad in ["acme", "acme/", "/app", "acme/app/x", "acme /app", "acme/app\\n", ""] {
            let found = try messages(repository, "\"\(bad)\"")
            #expect(
                found == [
                    "does not have the right form. Needed: two names with a slash between them, such as acme/app."
                ], "\(bad)")
        }
        let described = #"{"pattern": "^[0-9]+$", "description": "Its number."}"#
        #expect(try messages(described, #""x""#) == ["does not fit: Its number. Needed: digits, such as 42."])
        let example = #"{"pattern": "^[a-c]+$", "description": "Its letters.", "examples": ["abc"]}"#
        #expect(try messages(example, #""x""#) == ["does not fit: Its letters. Example: abc"])
        #expect(
            try messages(#"{"pattern": "^[a-c]+$"}"#, #""x""#) == [
                "does not have the right form. Needed: a match of the regular expression ^[a-c]+$"
            ])
        #expect(try messages(#"{"pattern": "b"}"#, #""abc""#).isEmpty)
    }

    @Test(
        "patterns that RE2 does not know allow nothing, and are told with the way to them",
        arguments: ["[", "(?=a)", #"(a)\\1"#])
    func malformedPatterns(pattern: String) throws {
        let found = try messages("{\"pattern\": \"\(pattern)\"}", #""a""#)
        #expect(found.count == 1 && found[0].contains("is not RE2 syntax"), "\(found)")
        let schema = Schema(
            try JSONValue(
                parsing:
                    "{\"properties\": {\"a\": {\"items\": {\"oneOf\": [{}, {\"not\": {\"pattern\": \"\(pattern)\"}}]}}}}"
            ))
        let faults = schema.patternFaults
        #expect(faults.map(\.path) == [["properties", "a", "items", "oneOf", "1", "not", "pattern"]])
        #expect(faults.first?.message.hasPrefix("is not a regular expression in RE2 syntax: ") == true)
    }

    @Test("patterns take time in proportion to the text, and are bounded themselves")
    func boundedPatterns() throws {
        let text = String(repeating: "a", count: 100_000)
        let began = ContinuousClock.now
        #expect(try messages(#"{"pattern": "^(a+)+$"}"#, "\"\(text)b\"").count == 1)
        #expect(try messages(#"{"pattern": "^(a|aa)+$"}"#, "\"\(text)\"").isEmpty)
        #expect(ContinuousClock.now - began < .seconds(20))
        #expect(try messages(#"{"pattern": "((a{100}){100}){100}"}"#, #""a""#).count == 1)
        let long = String(repeating: "a", count: 5_000)
        #expect(try messages("{\"pattern\": \"\(long)\"}", "\"\(long)\"")[0].contains("longer than 4096 bytes"))
        let many = (0..<600).map { "\"p\($0)\": {\"pattern\": \"a\"}" }.joined(separator: ",")
        let schema = Schema(try JSONValue(parsing: "{\"properties\": {\(many)}}"))
        #expect(schema.patternFaults.map(\.message) == ["has more than 512 patterns"])
    }

    @Test("without its patterns, a schema allows what it allows with them, and more")
    func withoutPatterns() throws {
        let schema = Schema(
            try JSONValue(
                parsing:
                    #"{"required": ["a"], "not": {"properties": {"a": {"pattern": "x"}}}, "properties": {"a": {"type": "string", "pattern": "^y$"}}}"#
            ))
        #expect(schema.violations(in: try JSONValue(parsing: #"{"a": "x"}"#)).count == 2)
        #expect(schema.withoutPatterns.violations(in: try JSONValue(parsing: #"{"a": "x"}"#)).isEmpty)
        #expect(schema.withoutPatterns.violations(in: try JSONValue(parsing: "{}")).count == 1)
        #expect(schema.withoutPatterns.violations(in: try JSONValue(parsing: #"{"a": 1}"#)).count == 1)
    }

    @Test("objects: missing, unknown and nested members, with the path that leads to them")
    func objects() throws {
        let schema = #"""
            {"type": "object", "additionalProperties": false, "required": ["a", "b"], "properties": {
                "a": {"type": "string"}, "b": {"type": "object", "properties": {"c": {"type": "boolean"}}}}}
            """#
        #expect(try messages(schema, #"{"a": "x", "b": {"c": true, "d": 1}}"#).isEmpty)
        #expect(try messages(schema, #"{"a": 1, "b": {"c": 2}}"#) == ["a: must be a string", "b/c: must be a boolean"])
        #expect(try messages(schema, "{}") == ["`a` is missing", "`b` is missing"])
        #expect(
            try messages(schema, #"{"a": "", "b": {}, "zebra": 1}"#) == [
                "zebra: unknown field `zebra`; known here: `a`, `b`"
            ])
        #expect(try messages(#"{"additionalProperties": {"type": "string"}}"#, #"{"x": 1}"#) == ["x: must be a string"])
    }

    @Test("arrays: every element is checked, with its index")
    func arrays() throws {
        let schema = #"{"type": "array", "items": {"type": "string"}}"#
        #expect(try messages(schema, #"["a", 1, "b", null]"#) == ["1: must be a string", "3: must be a string"])
        #expect(try messages(schema, "[]").isEmpty)
    }

    @Test("a choice between fields is told in words")
    func choices() throws {
        let schema = #"{"oneOf": [{"required": ["project"]}, {"required": ["group"]}, {"required": ["a", "b"]}]}"#
        #expect(try messages(schema, #"{"group": 1}"#).isEmpty)
        #expect(try messages(schema, "{}") == ["needs one of `project`, `group`, `a` and `b`"])
        #expect(
            try messages(schema, #"{"group": 1, "project": 1}"#) == [
                "needs only one of `project`, `group`, `a` and `b`"
            ])
        let any = #"{"anyOf": [{"required": ["x"]}, {"required": ["y"]}]}"#
        #expect(try messages(any, #"{"x": 1, "y": 1}"#).isEmpty)
        #expect(try messages(any, "{}") == ["needs one of `x`, `y`"])
        #expect(
            try messages(#"{"oneOf": [{"type": "string"}, {"const": 1}]}"#, "2") == ["fits none of the allowed forms"])
        #expect(
            try messages(#"{"oneOf": [{"type": "integer"}, {"const": 1}]}"#, "1") == [
                "fits more than one of the allowed forms"
            ])
    }

    @Test("not")
    func excluded() throws {
        let schema = #"{"not": {"required": ["a", "b"]}}"#
        #expect(try messages(schema, #"{"a": 1}"#).isEmpty)
        #expect(try messages(schema, #"{"a": 1, "b": 2}"#) == ["has a combination of fields that is not allowed"])
    }

    @Test("true allows anything, false nothing, and other keywords are passed over")
    func always() throws {
        #expect(try messages("true", "5").isEmpty)
        #expect(try messages("false", "5") == ["is not allowed here"])
        #expect(try messages(#"{"properties": {"x": false}}"#, #"{"x": 1}"#) == ["x: is not allowed here"])
        #expect(try messages(#"{"description": "d", "default": 1, "x-own": {}}"#, "5").isEmpty)
    }

    @Test("properties are there for those who look things up")
    func properties() throws {
        let schema = Schema(try JSONValue(parsing: #"{"properties": {"a": {"default": "x"}}}"#))
        #expect(schema.properties["a"]?["default"]?.string == "x")
        #expect(Schema(.bool(true)).properties.isEmpty)
    }
}
