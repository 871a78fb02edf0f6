import PusherHost
import Testing

@Suite("Semantic versions")
struct SemanticVersionTests {
    @Test(
        "are those of semver.org",
        arguments: ["0.0.0", "1.2.3", "10.20.30-rc.1", "1.0.0-alpha-a.b", "1.0.0+20130313", "1.0.0-0+a.b"])
    func valid(text: String) { #expect(SemanticVersion(text) != nil) }

    @Test(
        "are nothing else",
        arguments: [
            "", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3+", "v1.2.3", "1.2.3 ", "-1.2.3",
            "1.2.3+a+b",
            "99999999999.0.0", "1.2.3\u{1B}", "١.٢.٣",
        ])
    func invalid(text: String) { #expect(SemanticVersion(text) == nil) }

    @Test("have an order")
    func order() throws {
        let texts = [
            "0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0",
            "1.0.1",
            "1.1.0", "2.0.0", "10.0.0",
        ]
        let versions = try texts.map { try #require(SemanticVersion($0)) }
        #expect(versions.shuffled().sorted() == versions)
    }
}
