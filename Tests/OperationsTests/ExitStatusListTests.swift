import Foundation
import Testing

@Suite("The list of exit statuses")
struct ExitStatusListTests {
    private static let root = URL(fileURLWithPath: #filePath + "/../../..").standardizedFileURL.path
    private static let guides = [
        "README.md", "Sources/Documentation/Guides/Blocked.md", "Sources/Documentation/Guides/Troubleshooting.md",
    ]

    /// The words of the list, without what separates its entries.
    private func list(_ file: String) throws -> String? {
        let text = try String(contentsOfFile: "\(Self.root)/\(file)", encoding: .utf8)
        let words = text.split { $0.isWhitespace || "\\;·".contains($0) }.joined(separator: " ")
        return words.firstMatch(of: #/0 done, or nothing due.*?78 configuration or state/#).map { String($0.output) }
    }

    @Test("is the same in the help and in every guide that has it")
    func same() throws {
        let help = try #require(try list("Sources/keyturn/Keyturn.swift"))
        #expect(help.contains("69 a service cannot be reached, or the address to listen on is taken 75"))
        for guide in Self.guides { #expect(try list(guide) == help, "\(guide)") }
    }
}
