import Rotation
import Testing

@Suite("Names in a sentence")
struct ListedTests {
    @Test("are counted where there are too many, and all named where there are not")
    func counted() {
        let names = ["a", "b", "c"]
        #expect(listed(names) == "a, b, c")
        #expect(listed(names, most: 3) == "a, b, c")
        #expect(listed(names, most: 2) == "a, b and 1 more")
        #expect(listed(names[1...], most: 1) == "b and 1 more")
        #expect(listed(names, most: .max, by: "; ") == "a; b; c")
        #expect(listed([String]()).isEmpty)
    }
}
