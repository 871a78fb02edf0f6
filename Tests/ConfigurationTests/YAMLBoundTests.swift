import JSON
import Testing

@testable import Configuration

@Suite("YAML: aliases, bounds and odd files")
struct YAMLBoundTests {
    private func complaint(_ text: String) -> String? {
        do throws(ConfigurationError) {
            _ = try Field.parse(text, file: "f")
            return nil
        } catch { return "\(error)" }
    }

    @Test("an alias is its anchor's value, with the lines on which that is written")
    func aliases() throws {
        let field = try Field.parse("a: &x\n  p: 1\nb: *x\nc: [*x]\n", file: "f")
        #expect(field.json["b"] == .object(["p": .integer(1)]))
        #expect(field.line(at: ["b", "p"]) == 2)
        #expect(field.json["c"] == .array([.object(["p": .integer(1)])]))
        #expect(try Field.parse("&k a: 1\nb: {*k : 2}\n", file: "f").json["b"] == .object(["a": .integer(2)]))
        #expect(try Field.parse("a: &x 1\nb: &x 2\nc: *x\n", file: "f").json["c"] == .integer(2))
    }

    @Test("a merge key is a name like any other")
    func merge() throws {
        let field = try Field.parse("a: &x {p: 1}\nb:\n  <<: *x\n", file: "f")
        #expect(field.json["b"] == .object(["<<": .object(["p": .integer(1)])]))
    }

    @Test("an alias of nothing, or of what holds it, is refused with its line")
    func undefined() {
        #expect(complaint("a: 1\nb: *x\n") == "f:2: this is not YAML: found undefined alias")
        #expect(complaint("a: 1\nb: &x [*x]\n") == "f:2: this is not YAML: found undefined alias")
    }

    @Test("aliases of aliases end where the file would have a million values")
    func laughs() {
        var text = "a0: &a0 [x]\n"
        for level in 1...7 {
            text +=
                "a\(level): &a\(level) [" + [String](repeating: "*a\(level - 1)", count: 9).joined(separator: ",")
                + "]\n"
        }
        #expect(complaint(text) == "f:7: the file has too many values")
    }

    @Test("a million values by themselves are refused too")
    func values() {
        let text = "a:\n" + String(repeating: "- x\n", count: 1_000_001)
        #expect(complaint(text) == "f:1000000: the file has too many values")
    }

    @Test(
        "nesting ends at 32 levels, also when each level is an alias, and before it costs anything",
        arguments: [
            (String(repeating: "[", count: 32) + String(repeating: "]", count: 32), nil),
            (String(repeating: "[", count: 33) + String(repeating: "]", count: 33), 1),
            (String(repeating: "[", count: 4_000_000), 1), (String(repeating: "{a: ", count: 1_000_000), 1),
            (String(repeating: "- ", count: 1_000_000), 1),
            ((0..<40).map { String(repeating: " ", count: $0) + "a:\n" }.joined(), 33),
            ((0..<40).map { "- &a\($0) [\($0 == 0 ? "" : "*a\($0 - 1)")]\n" }.joined(), 32),
        ] as [(String, Int?)])
    func depth(text: String, line: Int?) {
        #expect(complaint(text) == line.map { "f:\($0): this is nested too deeply" })
    }

    @Test("each name that is there twice is listed, with the line of the first of the first")
    func twice() {
        #expect(complaint("b: 1\na: 1\nb: 2\na: 2\nc: 1\n") == "f:2: `a`, `b` appears here twice")
        #expect(complaint("1: a\n'1': b\n") == "f:1: `1` appears here twice")
        #expect(complaint("x: !!str y\n1: a\n'1': b\n") == "f:2: `1` appears here twice")
        #expect(complaint("&k a: 1\n*k : 2\n") == "f:1: `a` appears here twice")
    }

    @Test(
        "bytes that YAML does not allow have their line",
        arguments: [("a: \0\n", 1), ("a: 1\nb: \u{7F}\n", 2), ("a: 1\r\nb: 2\r\n\u{1}", 3)])
    func control(text: String, line: Int) {
        #expect(complaint(text) == "f:\(line): this is not YAML: control characters are not allowed")
    }

    @Test("a byte order mark and Windows' line ends change nothing")
    func marks() throws {
        let field = try Field.parse("\u{FEFF}# first\r\na: |\r\n  x\r\n  y\r\nb: 2\r\n", file: "f")
        #expect(field.json == .object(["a": .string("x\ny\n"), "b": .integer(2)]))
        #expect(field.line(at: ["b"]) == 5)
    }

    @Test("texts over several lines, and escapes")
    func texts() throws {
        let field = try Field.parse(
            "a: >-\n  x\n  y\n\n  z\nb: x\n  y\nc: \"\\x41\\u00e9\\0\"\nd: 'it''s'\n", file: "f")
        #expect(field.json["a"] == .string("x y\nz"))
        #expect(field.json["b"] == .string("x y"))
        #expect(field.json["c"] == .string("Aé\0"))
        #expect(field.json["d"] == .string("it's"))
    }

    @Test("one document, no less and no more")
    func documents() {
        for text in ["", "\n", "# nothing\n"] { #expect(complaint(text)?.hasPrefix("f: the file is empty") == true) }
        #expect(complaint("---\na: 1\n...\n") == nil)
        #expect(complaint("a: 1\n---\nb: 2\n") == "f:2: this is not YAML: but found another document")
        #expect(complaint("%YAML 2.0\n---\na: 1\n") == "f:1: this is not YAML: found incompatible YAML document")
    }

    @Test("a name that is a list, a mapping or an alias of one is refused")
    func names() {
        for text in ["? [a]\n: 1\n", "? {a: 1}\n: 1\n"] {
            #expect(complaint(text) == "f:1: a name must be a plain word")
        }
        #expect(complaint("a: &x [1]\n*x : 2\n") == "f:2: a name must be a plain word")
    }
}
