import CCryptoStatic
import PusherKit

/// The private key of a GitHub App. libcrypto holds it, and wipes it at the end.
final class SigningKey: Sendable {
    /// libcrypto counts references to a key with locks, and nothing changes it: several threads may sign with it.
    private nonisolated(unsafe) let key: OpaquePointer

    /// Reads PEM, PKCS#1 or PKCS#8, also as it is pasted into variables; nil where it is not an RSA private key, or an
    /// encrypted one.
    init?(_ text: SecretBytes) {
        guard let key = PrivateKeyText.candidates(text).lazy.compactMap({ Self.read($0) }).first else { return nil }
        self.key = key
    }

    private static func read(_ pem: SecretBytes) -> OpaquePointer? {
        guard isCryptoReady, let length = Int32(exactly: pem.count) else { return nil }
        guard let key = pem.withBytes({ kt_read_private_key($0.baseAddress, length) }) else { return nil }
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA else {
            EVP_PKEY_free(key)
            return nil
        }
        return key
    }

    deinit {
        EVP_PKEY_free(key)
    }

    /// Signs with RSASSA-PKCS1-v1_5 and SHA-256: `RS256` of RFC 7518. Nil where libcrypto fails.
    func sign(_ message: [UInt8]) -> [UInt8]? {
        guard let context = EVP_MD_CTX_new() else { return nil }
        defer {
            EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1 else { return nil }
        var signature = [UInt8](repeating: 0, count: Int(EVP_PKEY_get_size(key)))
        var length = signature.count
        guard EVP_DigestSign(context, &signature, &length, message, message.count) == 1 else { return nil }
        return Array(signature.prefix(length))
    }

    /// Set up before anything else of it is used: the process has no files, so no `openssl.cnf` to read, and no end at
    /// which libcrypto would have to clean up.
    private static let isCryptoReady =
        OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_LOAD_CONFIG) | UInt64(OPENSSL_INIT_NO_ATEXIT), nil) == 1
}
