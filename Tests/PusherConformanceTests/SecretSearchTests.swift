import Foundation
import Testing

@testable import PusherConformance

@Suite("Secrets in texts")
struct SecretSearchTests {
    private let secret = "wJalr/XUtn+FEMI=K7MDENG"
    private var search: SecretSearch { SecretSearch([(name: "the key", value: secret)]) }

    @Test("a secret is found in every disguise", arguments: 0..<6)
    func disguises(_ number: Int) throws {
        let text = [
            secret, try #require(secret.addingPercentEncoding(withAllowedCharacters: .alphanumerics)),
            secret.replacing("/", with: "\\/"), Data(secret.utf8).base64EncodedString(),
            Data("a\(secret)".utf8).base64EncodedString(), Data("user:\(secret)!".utf8).base64EncodedString(),
        ][number]
        #expect(search.find(in: "before \(text) after")?.hasPrefix("the key, ") == true)
    }

    @Test("a secret is found cut, backwards, spaced, in capitals and over two lines", arguments: 0..<6)
    func rewritten(_ number: Int) {
        let text = [
            String(secret.dropLast(4)), String(secret.dropFirst(4)), String(secret.reversed()), secret.uppercased(),
            secret.map(String.init).joined(separator: " - "), "\(secret.prefix(9))\nand on: \(secret.dropFirst(9))",
        ][number]
        let found = search.find(in: "before: \(number == 5 ? text.replacing("and on: ", with: "") : text), after")
        #expect(found == "the key, in part or rewritten")
    }

    @Test("what merely looks like it is not found")
    func others() {
        #expect(search.find(in: "") == nil)
        #expect(search.find(in: String(secret.dropLast(8))) == nil)
        #expect(search.find(in: Data("another secret altogether".utf8).base64EncodedString()) == nil)
    }

    @Test("a value that is too short to be distinguished is not looked for")
    func short() {
        #expect(SecretSearch([(name: "the key", value: "abc")]).find(in: "abc") == nil)
    }
}
