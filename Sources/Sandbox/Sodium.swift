import CSodium
import FoundationEssentials

/// The cryptography that the stand-ins check their clients with.
enum Sodium {
    static func sha256(_ data: Data) -> Data {
        var digest = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES))
        crypto_hash_sha256(&digest, [UInt8](data), UInt64(data.count))
        return Data(digest)
    }

    /// HMAC-SHA256 with a key of any length.
    static func hmac(_ message: String, key: Data) -> Data {
        var state = crypto_auth_hmacsha256_state()
        var tag = [UInt8](repeating: 0, count: Int(crypto_auth_hmacsha256_BYTES))
        let bytes = [UInt8](message.utf8)
        crypto_auth_hmacsha256_init(&state, [UInt8](key), key.count)
        crypto_auth_hmacsha256_update(&state, bytes, UInt64(bytes.count))
        crypto_auth_hmacsha256_final(&state, &tag)
        return Data(tag)
    }

    /// Compares in a time that does not depend on where the two differ.
    static func equal(_ left: String, _ right: String) -> Bool {
        let left = [UInt8](left.utf8)
        let right = [UInt8](right.utf8)
        return left.count == right.count && sodium_memcmp(left, right, left.count) == 0
    }
}

/// A Curve25519 key pair to which anyone can seal a message.
struct SealedBox: Sendable {
    let publicKey: [UInt8]
    private let secretKey: [UInt8]

    init() {
        var publicKey = [UInt8](repeating: 0, count: Int(crypto_box_PUBLICKEYBYTES))
        var secretKey = [UInt8](repeating: 0, count: Int(crypto_box_SECRETKEYBYTES))
        crypto_box_keypair(&publicKey, &secretKey)
        self.publicKey = publicKey
        self.secretKey = secretKey
    }

    /// The message, or nil when it was not sealed to this key.
    func open(_ sealed: Data) -> Data? {
        let overhead = crypto_box_sealbytes()
        guard sealed.count >= overhead else { return nil }
        var message = [UInt8](repeating: 0, count: sealed.count - overhead)
        let status = crypto_box_seal_open(&message, [UInt8](sealed), UInt64(sealed.count), publicKey, secretKey)
        return status == 0 ? Data(message) : nil
    }
}

extension Data {
    /// The bytes in lower-case hexadecimal.
    var hex: String {
        map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
