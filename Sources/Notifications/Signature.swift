internal import CSodium
public import Secrets

/// The `Keyturn-Signature` of a webhook: `t=SECONDS,v1=HEX`, where HEX is the HMAC-SHA256 of `SECONDS.BODY` under the shared secret.
///
/// The time is part of what is signed, so that a receiver can refuse what someone has kept and sends again.
public enum Signature {
    /// The header field's name.
    public static let field = "Keyturn-Signature"

    /// The header field's value.
    ///
    /// - Parameter seconds: the time, in seconds since 1970.
    public static func value(of body: String, at seconds: Int64, secret: Secret) -> String {
        let signed = Array("\(seconds).\(body)".utf8)
        var digest = [UInt8](repeating: 0, count: Int(crypto_auth_hmacsha256_BYTES))
        var state = crypto_auth_hmacsha256_state()
        let isSigned = secret.withBytes { key in
            guard let start = key.bindMemory(to: UInt8.self).baseAddress else { return false }
            return crypto_auth_hmacsha256_init(&state, start, key.count) == 0
                && crypto_auth_hmacsha256_update(&state, signed, UInt64(signed.count)) == 0
                && crypto_auth_hmacsha256_final(&state, &digest) == 0
        }
        // It is made from the secret.
        withUnsafeMutableBytes(of: &state) { sodium_memzero($0.baseAddress, $0.count) }
        precondition(isSigned, "libsodium cannot sign")
        let hex = digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return "t=\(seconds),v1=\(hex)"
    }
}
