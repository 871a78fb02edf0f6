internal import CSodium
public import Secrets

/// Seals the pending pair before it touches the disk: XChaCha20-Poly1305 of libsodium, bound to its user and key.
public struct Seal: Sendable {
    /// The length of a seal key in bytes.
    public static let keyLength = 32
    private let key: Secret
    /// Derived from the seal key, for users' records with the ends of their histories. One key has one use.
    private let historyKey: Secret

    /// - Parameter key: exactly ``keyLength`` bytes.
    public init(key: Secret) {
        precondition(key.count == Self.keyLength)
        self.key = key
        var derived = [UInt8](repeating: 0, count: Int(crypto_auth_hmacsha256_KEYBYTES))
        Self.with(key) { _ = crypto_kdf_derive_from_key(&derived, derived.count, 1, "ktrnhist", $0) }
        historyKey = Secret.taking(&derived)
    }

    /// A fresh seal key.
    public static func makeKey() -> Secret {
        var bytes = [UInt8](repeating: 0, count: keyLength)
        randombytes_buf(&bytes, bytes.count)
        return Secret.taking(&bytes)
    }

    /// nonce, then ciphertext with its tag.
    func seal(_ secret: Secret, context: String) -> [UInt8] {
        let nonceLength = Int(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES)
        var nonce = [UInt8](repeating: 0, count: nonceLength)
        randombytes_buf(&nonce, nonce.count)
        var sealed = [UInt8](repeating: 0, count: secret.count + Int(crypto_aead_xchacha20poly1305_ietf_ABYTES))
        let bound = Array(context.utf8)
        secret.withBytes { plain in
            Self.with(key) { key in
                _ = crypto_aead_xchacha20poly1305_ietf_encrypt(
                    &sealed, nil, plain.bindMemory(to: UInt8.self).baseAddress, UInt64(plain.count), bound,
                    UInt64(bound.count), nil, nonce, key)
            }
        }
        return nonce + sealed
    }

    /// The secret, or nil where key, context or bytes are not those of the sealing.
    func open(_ sealed: [UInt8], context: String) -> Secret? {
        let nonceLength = Int(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES)
        let tagLength = Int(crypto_aead_xchacha20poly1305_ietf_ABYTES)
        guard sealed.count >= nonceLength + tagLength else { return nil }
        let (nonce, text) = (Array(sealed[..<nonceLength]), Array(sealed[nonceLength...]))
        var plain = [UInt8](repeating: 0, count: text.count - tagLength)
        let bound = Array(context.utf8)
        var result: Int32 = -1
        Self.with(key) { key in
            result = crypto_aead_xchacha20poly1305_ietf_decrypt(
                &plain, nil, nil, text, UInt64(text.count), bound, UInt64(bound.count), nonce, key)
        }
        return result == 0 ? Secret.taking(&plain) : nil
    }

    /// A user's record as the store keeps it: a code, HMAC-SHA-256 under a key that is derived from the seal key over the user's name
    /// and the JSON, then the JSON.
    func vouch(for record: UserRecord, of user: String) -> [UInt8] {
        let json = Coding.json(record)
        return Coding.join(Hexadecimal.text(code(of: json, user)), json)
    }

    /// Whether a code is the one of this record, in constant time.
    func accepts(_ code: String, for json: [UInt8], of user: String) -> Bool {
        let expected = Array(Hexadecimal.text(self.code(of: json, user)).utf8)
        let given = Array(code.utf8)
        return given.count == expected.count && sodium_memcmp(given, expected, expected.count) == 0
    }

    private func code(of json: [UInt8], _ user: String) -> [UInt8] {
        let bytes = Array("keyturn record \(user)\n".utf8) + json
        var code = [UInt8](repeating: 0, count: Int(crypto_auth_hmacsha256_BYTES))
        Self.with(historyKey) { _ = crypto_auth_hmacsha256(&code, bytes, UInt64(bytes.count), $0) }
        return code
    }

    private static func with(_ key: Secret, _ body: (UnsafePointer<UInt8>) -> Void) {
        key.withBytes { bytes in
            if let key = bytes.bindMemory(to: UInt8.self).baseAddress { body(key) }
        }
    }
}
