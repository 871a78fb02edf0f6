import Testing

@testable import AWS

@Suite("A command line")
struct CommandWordsTests {
    @Test(
        "is split as botocore's shlex.split does",
        arguments: [
            ("aws-vault export ci", ["aws-vault", "export", "ci"]),
            (#"'C:\a b' "x \"y\" \z \\" a\ b"#, [#"C:\a b"#, #"x "y" \z \"#, "a b"]),
            ("  a\t''  b\"c\"d ", ["a", "", "bcd"]),
            ("a#b # c", ["a#b", "#", "c"]),
            ("$HOME;`id` | cat", ["$HOME;`id`", "|", "cat"]),
            ("", []),
        ])
    func split(line: String, words: [String]) { #expect(CommandWords.split(line) == words) }

    @Test("has no words where a quote or an escape has no end", arguments: ["'a", "\"a\\", "a\\", "a \"b'"])
    func unended(line: String) { #expect(CommandWords.split(line) == nil) }
}
