internal import CCrypto
public import Secrets

/// The `Keyturn-Signature` of a webhook: `t=SECONDS,v1=HEX`, where HEX is the HMAC-SHA256 of `SECONDS.BODY` under the shared secret.
///
/// The time is part of what is signed, so that a receiver can refuse what somebody has kept and sends again.
public enum Signature {
    /// The header field's name.
    public static let field = "Keyturn-Signature"

    /// The header field's value.
    ///
    /// - Parameter seconds: the time, in seconds since 1970.
    public static func value(of body: String, at seconds: Int64, secret: Secret) -> String {
        let signed = Array("\(seconds).\(body)".utf8)
        var digest = [UInt8](repeating: 0, count: 32)
        var length = UInt32(digest.count)
        let result = secret.withBytes { key in
            HMAC(EVP_sha256(), key.baseAddress, Int32(key.count), signed, signed.count, &digest, &length)
        }
        precondition(result != nil && length == 32, "libcrypto has no HMAC")
        let hex = digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return "t=\(seconds),v1=\(hex)"
    }
}
