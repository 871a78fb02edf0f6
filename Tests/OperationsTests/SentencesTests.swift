@testable import Operations
import Testing

@Suite("Sentences")
struct SentencesTests {
    @Test(
        "get the full stop that they lack, and no other mark",
        arguments: [
            ("a is wrong", "a is wrong. Nothing was done"),
            ("did you mean `b`?", "did you mean `b`? Nothing was done"), ("It is.", "It is. Nothing was done"),
            ("k.yaml:1: a\nk.yaml:2: b?\nk.yaml:3: c", "k.yaml:1: a. k.yaml:2: b? k.yaml:3: c. Nothing was done"),
        ])
    func joined(sentence: String, text: String) { #expect(Sentences.joined(sentence, "Nothing was done") == text) }
}
