import PlainText
import Testing

@Suite("Texts from outside")
struct PlainTextTests {
    @Test("Ordinary text stays as it is", arguments: ["written", "Zürich, 東京, Київ", "a → b: 1 × 2 …", "é e\u{301}"])
    func ordinary(text: String) {
        #expect(PlainText.line(text, limit: 100) == text)
        #expect(PlainText.isShowable(text))
    }

    @Test("Control characters become blanks, so that a text stays on its line")
    func controls() {
        #expect(PlainText.line("one\r\ntwo\u{1B}[31m\u{9B}2J\u{7F}\u{2028}x\n", limit: 100) == "one two [31m 2J x")
        #expect(PlainText.line("a\u{3000}\u{2003}   b", limit: 100) == "a b")
        #expect(!PlainText.isShowable("a\nb"))
    }

    @Test(
        "Direction, zero-width, tag, private and filler characters are shown as what cannot be shown",
        arguments: [
            0x202E, 0x202A, 0x2066, 0x2069, 0x200E, 0x061C, 0x200B, 0x200D, 0x2060, 0xFEFF, 0x00AD, 0x180E, 0xE0041,
            0xE000, 0xFFF9, 0x3164, 0x2800, 0xFE0F, 0xE0101, 0x10FFFF,
        ] as [UInt32])
    func hidden(value: UInt32) throws {
        let scalar = try #require(Unicode.Scalar(value))
        let text = "a\(Character(scalar))b"
        #expect(PlainText.line(text, limit: 100) == "a\u{FFFD}b")
        #expect(!PlainText.isShowable(text))
    }

    @Test("A text is cut by its bytes, at the end of a character", arguments: 4...40)
    func cut(limit: Int) {
        let cut = PlainText.line(String(repeating: "é", count: 30), limit: limit)
        #expect(cut.utf8.count <= limit && cut.hasSuffix("…"))
        #expect(cut.dropLast().allSatisfy { $0 == "é" })
    }

    @Test("One character of four million bytes is no more than a few marks")
    func marks() {
        let text = "a" + String(repeating: "\u{301}", count: 2 << 20) + "b"
        #expect(PlainText.line(text, limit: 1_000).utf8.count < 20)
    }

    @Test("On a terminal only keyturn's own escape sequences are left")
    func terminal() {
        let text = "\u{1B}[1mbold\u{1B}[0m \u{1B}[31mred\u{1B}]0;title\u{7} \u{9B}31m\n\u{202E}x\r"
        let cleaned = PlainText.lines(text) { String($0) == "1m" || String($0) == "0m" }
        #expect(cleaned == "\u{1B}[1mbold\u{1B}[0m  [31mred ]0;title   31m\n\u{FFFD}x ")
    }

    @Test("blanks and newlines are taken off at both ends, and stay within")
    func trimmed() {
        #expect(PlainText.trimmed(" \ta b\r\n\n") == "a b")
        #expect(PlainText.trimmed("a") == "a")
        #expect(PlainText.trimmed(" \n") == "" && PlainText.trimmed("") == "")
    }
}
