import Rotation
import Secrets
import Testing

@Suite("A secret")
struct SecretTests {
    static let text = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    let secret = Secret.text(SecretTests.text)

    /// Something that holds a secret, as types of keyturn do.
    struct Holder {
        var name = "bot"
        var secret: Secret
        var optional: Secret?
        var pair: KeyPair
    }

    @Test("never shows itself, however it is printed")
    func neverPrinted() {
        let pair = KeyPair(id: AccessKeyID("AKIAEXAMPLE"), secret: secret)
        let holder = Holder(secret: secret, optional: secret, pair: pair)
        let values: [Any] = [secret, holder, holder.pair, [secret], ["key": secret], (secret, secret)]
        for value in values {
            var dumped = ""
            dump(value, to: &dumped)
            var printed = ""
            print(value, to: &printed)
            debugPrint(value, to: &printed)
            for text in [String(describing: value), String(reflecting: value), "\(value)", dumped, printed] {
                #expect(!text.contains("wJalr"))
                #expect(!text.contains("EXAMPLEKEY"))
            }
        }
        #expect("\(secret)" == "<secret>")
        #expect(String(reflecting: secret) == "<secret>")
    }

    @Test("shows nothing to a mirror, not even its length or its address")
    func mirror() {
        #expect(Mirror(reflecting: secret).children.isEmpty)
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!dumped.contains("0x"))
        #expect(!dumped.contains("\(secret.count)"))
    }

    @Test("does not show in the words of a failed comparison")
    func comparison() {
        #expect(secret == .text(Self.text))
        #expect(secret != .text("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEy"))
        #expect(secret != .text("short"))
        #expect(Secret.text("") == .text(""))
    }

    @Test("lends its bytes as they came")
    func bytes() {
        #expect(secret.count == 40)
        #expect(secret.withBytes { String(decoding: $0, as: UTF8.self) } == Self.text)
        #expect(secret.withCString { String(cString: $0) } == Self.text)
        let all = (UInt8.min...UInt8.max).map { $0 }
        let every = all.withUnsafeBytes { Secret(copying: $0) }
        #expect(every.withBytes { Array($0) } == all)
    }

    @Test("can be empty")
    func empty() {
        let empty = Secret.text("")
        #expect(empty.count == 0)
        #expect(empty.withBytes { Array($0) }.isEmpty)
        #expect(empty.withCString { String(cString: $0) }.isEmpty)
    }

    @Test("takes bytes over, and leaves none where they came from")
    func taking() {
        var bytes = Array(Self.text.utf8)
        let taken = Secret.taking(&bytes)
        #expect(bytes.isEmpty)
        #expect(taken == secret)
    }

    @Test("an error that a lent block throws comes through")
    func throwing() {
        struct Refusal: Error {}
        #expect(throws: Refusal.self) { try secret.withBytes { _ in throw Refusal() } }
        #expect(throws: Refusal.self) { try secret.withCString { _ in throw Refusal() } }
    }
}
