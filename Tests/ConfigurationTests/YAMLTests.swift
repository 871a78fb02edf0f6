import Configuration
import Testing

@Suite("YAML")
struct YAMLTests {
    @Test(
        "a syntax error has its line",
        arguments: [
            ("version: 1\nstate: [a\nusers: {}\n", 2), ("version: 1\nstate: \"open\n", 2),
            ("version: 1\n\tstate: x\n", 2),
            ("version: 1\n  state: x\n", 2), ("a: }\n", 1),
        ])
    func syntax(text: String, line: Int) {
        let complaint = Sample.complaint(text) ?? ""
        #expect(complaint.hasPrefix("\(line): this is not YAML: "), "\(complaint)")
    }

    @Test(
        "a space that is missing after a colon is named on its own line, without the value",
        arguments: [
            ("version: 1\ndefaults:\n  overlap:60s\n  soak: 1h\n", "3: this is not YAML: `overlap:`"),
            ("version: 1\ndefaults:\n  soak: 1h\n  overlap:60s\n\n# x\nusers: {}\n", "4: this is not YAML: `overlap:`"),
            (
                "version: 1\nstate: sqlite:a\nseal-key: { env: A }\ndefaults:\n  overlap:60s\nusers: {}\n",
                "5: `defaults` must be a mapping of names to values; `overlap:`"
            ),
            (
                "version: 1\nstate: sqlite:a\nseal-key: { env: A }\ndefaults: { overlap:60s, soak: 1h }\n",
                "4: `defaults.overlap:`"
            ),
            (
                "version: 1\nusers:\n  bot:\n    targets:\n    - pusher:60s\n      place: a\n",
                "5: this is not YAML: `pusher:`"
            ),
            ("version: 1\nlisten:60s", "2: this is not YAML: `listen:`"),
        ])
    func missingSpace(text: String, words: String) {
        #expect(Sample.complaint(text) == "\(words) needs a space after its colon")
    }

    @Test(
        "a name without its colon is named on its own line, and not repeated: it may be a value in the wrong place",
        arguments: [
            ("version: 1\nusers\n  bot:\n    targets: []\n", 2), ("version: 1\nusers\npushers: {}\n", 2),
            ("version: 1\nusers\n", 2), ("version: 1\nusers", 2), ("version: 1\nusers # all\n  bot: {}\n", 2),
            ("version: 1\nusers:\n  bot\n    targets: []\n", 3), ("users:\n  bot\n  other:\n    targets: []\n", 2),
            ("users:\n  bot:\n    targets\n      - { pusher: g, repository: a/b }\n", 3),
            ("users:\n  bot:\n    targets\n    - { pusher: g, repository: a/b }\n", 3),
            ("users:\n  bot:\n    targets:\n    - pusher g\n      repository: a/b\n", 4),
            ("users:\n  bot:\n    targets:\n    - pusher: g\n      repository\n    - pusher: g\n", 5),
            ("defaults:\n  overlap 1h\n  soak: 1h\n", 2), ("defaults:\n  soak: 1h\n  overlap 1h\nusers: {}\n", 3),
            ("version 1\nstate: sqlite:a\n", 1), ("aws:\n  # where\n  region\n  # x\n\n  profile: x\n", 3),
            ("pushers:\n  \"h\"\n  i: { plugin: x }\n", 2),
        ])
    func missingColon(text: String, line: Int) {
        expectComplaint(
            text, "\(line): this is not YAML: this line has no colon; a name ends with one, as in `name: value`")
    }

    @Test(
        "a text that goes on in the next line is no name without a colon",
        arguments: [
            "aws:\n  region: eu\n    west\n    profile: x\n", "x: |\n  echo\n users: {}\n",
            "include:\n  - a.yaml\n users: {}\n", "seal-key: {\n  file: seal.key\n}\n state: x\n",
        ])
    func continuedText(text: String) {
        let complaint = Sample.complaint(text) ?? ""
        #expect(complaint.contains("this is not YAML: ") && !complaint.contains("no colon"), "\(complaint)")
    }

    @Test(
        "what is not closed is named on the line that opens it",
        arguments: [
            (
                "version: 1\npushers:\n  a: { plugin: x\n  b: { plugin: y }\n",
                "3: this is not YAML: the `{` that this line opens is not closed, or a comma is missing: line 4 has something else"
            ),
            (
                "version: 1\nstate: [a\nusers: {}\n",
                "2: this is not YAML: the `[` that this line opens is not closed, or a comma is missing: line 3 has something else"
            ),
            (
                "version: 1\nstate: 'open\nusers: {}\n",
                "2: this is not YAML: the quote that this line opens is not closed"
            ),
            ("a: { b: 1 c: 2 }\n", "1: this is not YAML: did not find expected ',' or '}'"),
        ])
    func unclosed(text: String, complaint: String) { expectComplaint(text, complaint) }

    @Test(
        "a wrong indentation is named on its own line, with that of the line above",
        arguments: [
            ("version: 1\ndefaults:\n    soak: 1h\n  overlap: 60s\n", 4, "This line has 2 spaces, line 3 has 4 spaces"),
            (
                "version: 1\ndefaults:\n  soak: 1h\n\n   overlap: 60s\n", 5,
                "This line has 3 spaces, line 3 has 2 spaces"
            ),
            ("version: 1\n state: x\n", 2, "This line has 1 space, line 1 has 0 spaces"),
        ])
    func indentation(text: String, line: Int, words: String) {
        let complaint = Sample.complaint(text) ?? ""
        #expect(complaint.hasPrefix("\(line): this is not YAML: ") && complaint.contains(words), "\(complaint)")
    }

    @Test("a name that stands twice is told")
    func duplicates() {
        let text = "version: 1\nstate: sqlite:a\nusers:\n  bot: {}\n  bot: {}\n"
        let complaint = Sample.complaint(text) ?? ""
        #expect(complaint.hasSuffix(": `bot` appears here twice"), "\(complaint)")
        #expect(complaint.hasPrefix("4") || complaint.hasPrefix("5"), "\(complaint)")
    }

    @Test("nesting without end is refused, and so is a name that is not a word")
    func nesting() {
        let deep = "version: " + String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
        #expect(Sample.complaint(deep)?.hasSuffix("this is nested too deeply") == true)
        expectComplaint("? [a, b]\n: 1\n", "1: a name must be a plain word")
        expectComplaint("- version\n- 1\n", "1: the file must be a mapping of names to values")
    }

    @Test("quoted numbers and booleans are texts")
    func quoted() throws {
        expectComplaint(
            Sample.full.replacing("version: 1", with: "version: '1'"), "1: `version` must be 1"
        )
        #expect(try Sample.names(["pusher: travis, repository: '12345'"]) == ["travis:12345"])
        #expect(try Sample.names(["pusher: travis, repository: 12345"]) == ["travis:12345"])
    }
}
