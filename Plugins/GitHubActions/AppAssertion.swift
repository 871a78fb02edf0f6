import FoundationEssentials
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
    static func sign(issuer: String, key: SigningKey, now: Date) -> SecretBytes? {
        let time = Int64(now.timeIntervalSince1970)
        var claims = JSONBody()
        claims.set("iss", issuer)
        claims.set("iat", time - headStart)
        claims.set("exp", time + lifetime)
        let payload = claims.bytes().withBytes { Data($0) }
        let input = base64URL(Data(#"{"alg":"RS256","typ":"JWT"}"#.utf8)) + "." + base64URL(payload)
        guard let signature = key.sign(Array(input.utf8)) else { return nil }
        return SecretBytes(input + "." + base64URL(Data(signature)))
    }

    /// RFC 4648, section 5, without padding.
    private static func base64URL(_ data: Data) -> String {
        String(
            data.base64EncodedString().compactMap { character in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            })
    }
}
