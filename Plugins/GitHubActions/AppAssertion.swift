import PusherKit

/// A JSON Web Token by which an App says who it is, as GitHub wants it.
///
/// https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app
enum AppAssertion {
    /// Back in time, for clocks that differ.
    private static let headStart: Int64 = 60
    /// GitHub takes ten minutes ahead at most.
    private static let lifetime: Int64 = 540

    /// - Parameter now: the time by this machine's clock.
    /// - Returns: nil where the key cannot sign.
    static func sign(issuer: String, key: SigningKey, now: Timestamp) -> SecretBytes? {
        let time = now.seconds
        var claims = JSONBody()
        claims.set("iss", issuer)
        claims.set("iat", time - headStart)
        claims.set("exp", time + lifetime)
        let input = base64URL(SecretBytes(#"{"alg":"RS256","typ":"JWT"}"#)) + "." + base64URL(claims.bytes())
        guard let signature = key.sign(Array(input.utf8)) else { return nil }
        return SecretBytes(input + "." + base64URL(signature.withUnsafeBytes { SecretBytes(copying: $0) }))
    }

    /// RFC 4648, section 5, without padding.
    private static func base64URL(_ bytes: SecretBytes) -> String {
        let digits = bytes.base64.withBytes { digits in
            digits.compactMap { digit -> UInt8? in
                switch digit {
                case UInt8(ascii: "+"): UInt8(ascii: "-")
                case UInt8(ascii: "/"): UInt8(ascii: "_")
                case UInt8(ascii: "="): nil
                default: digit
                }
            }
        }
        return String(decoding: digits, as: UTF8.self)
    }
}
