import Testing

@testable import AWS

@Suite("AWS's XML")
struct XMLTests {
    private func parse(_ text: String) -> XMLElement? { Array(text.utf8).withUnsafeBytes { XMLElement.parse($0) } }

    @Test("gives elements, their order and their text")
    func tree() {
        let root = parse("<A xmlns='urn:x'><B>one &amp; two</B><C><D>3</D></C><B>four</B></A>")
        #expect(root?.name == "A")
        #expect(root?.text("B") == "one & two")
        #expect(root?.at("C", "D")?.content == "3")
        #expect(root?.children.map(\.name) == ["B", "C", "B"])
    }

    @Test("that is cut, empty or not XML is nothing", arguments: ["", "<A>", "<A></B>", "{}", "\u{0}", "<A/><A/>"])
    func broken(text: String) { #expect(parse(text) == nil) }

    @Test("with a document type is refused, so entities cannot grow")
    func bomb() {
        #expect(parse("<!DOCTYPE a [<!ENTITY b 'bbbb'><!ENTITY c '&b;&b;'>]><a>&c;</a>") == nil)
    }

    @Test("that is nested without end is refused")
    func deep() {
        #expect(parse(String(repeating: "<a>", count: 40) + String(repeating: "</a>", count: 40)) == nil)
    }

    @Test("in random order never traps")
    func fuzz() {
        let pieces = ["<", ">", "/", "A", "&", "amp;", "<![CDATA[", "]]>", "é", "\"", "='", "<?xml", "<!--", "-->"]
        var state: UInt64 = 42
        for _ in 0..<5_000 {
            var text = ""
            for _ in 0..<12 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text += pieces[Int(state >> 33) % pieces.count]
            }
            _ = parse(text)
        }
    }
}
