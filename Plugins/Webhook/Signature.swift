import CSodiumStatic
import PusherKit

/// The `Keyturn-Signature` of a request, of the same form as a notification's: `t=SECONDS,v1=HEX`, where HEX is the HMAC-SHA256 of
/// `SECONDS.BODY` under the shared secret, by libsodium.
///
/// The time is part of what is signed, so that a receiver can refuse what someone has kept and sends again.
enum Signature {
    /// The header field's name.
    static let field = "Keyturn-Signature"

    /// The header field's value; nil: libsodium cannot sign. It need not be set up for that: there is one implementation, and no
    /// random numbers.
    static func value(of body: SecretBytes, at seconds: Int64, secret: SecretBytes) -> String? {
        var state = crypto_auth_hmacsha256_state()
        // It is made from the secret.
        defer { withUnsafeMutableBytes(of: &state) { sodium_memzero($0.baseAddress, $0.count) } }
        var digest = [UInt8](repeating: 0, count: Int(crypto_auth_hmacsha256_BYTES))
        let time = Array("\(seconds).".utf8)
        let isSigned =
            secret.withBytes { key in
                guard let start = key.bindMemory(to: UInt8.self).baseAddress else { return false }
                return crypto_auth_hmacsha256_init(&state, start, key.count) == 0
            } && crypto_auth_hmacsha256_update(&state, time, UInt64(time.count)) == 0
            && body.withBytes { bytes in
                let start = bytes.bindMemory(to: UInt8.self).baseAddress
                return bytes.isEmpty || crypto_auth_hmacsha256_update(&state, start, UInt64(bytes.count)) == 0
            } && crypto_auth_hmacsha256_final(&state, &digest) == 0
        guard isSigned else { return nil }
        let digits = Array("0123456789abcdef".utf8)
        let hex = digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return "t=\(seconds),v1=" + String(decoding: hex, as: UTF8.self)
    }
}
