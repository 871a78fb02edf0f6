import Configuration
import Testing

@Suite("YAML")
struct YAMLTests {
    @Test(
        "a syntax error has its line",
        arguments: [
            ("version: 1\nstate: [a\nusers: {}\n", 3), ("version: 1\nstate: \"open\n", 3),
            ("version: 1\n\tstate: x\n", 2),
            ("version: 1\n  state: x\n", 2), ("a: }\n", 1),
        ])
    func syntax(text: String, line: Int) {
        let complaint = Sample.complaint(text) ?? ""
        #expect(complaint.hasPrefix("\(line): this is not YAML: "), "\(complaint)")
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
