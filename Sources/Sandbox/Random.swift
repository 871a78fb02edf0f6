import FoundationEssentials

/// Names and secrets in the forms that the services give them.
enum Random {
    private static let base32 = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    private static let digits = Array("0123456789")

    static func accessKeyID() -> String { "AKIA" + pick(16, from: base32) }
    static func userID() -> String { "AIDA" + pick(17, from: base32) }
    static func secretAccessKey() -> String { pick(40, from: letters + digits + ["+", "/"]) }
    static func travisToken() -> String { pick(22, from: letters + digits) }
    static func gitlabToken() -> String { "glpat-" + pick(20, from: letters + digits) }
    static func githubToken() -> String { "ghp_" + pick(36, from: letters + digits) }
    static func installationToken() -> String { "ghs_" + pick(36, from: letters + digits) }
    /// GitHub names a public key by a decimal number that has no more meaning.
    static func keyID() -> String { "5" + pick(17, from: digits) }
    static func uuid() -> String { UUID().uuidString.lowercased() }

    private static func pick(_ count: Int, from alphabet: [Character]) -> String {
        // SystemRandomNumberGenerator is the kernel's, fit for secrets.
        String((0..<count).compactMap { _ in alphabet.randomElement() })
    }
}
