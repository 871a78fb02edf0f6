internal import CSodium
public import Secrets

/// Seals the pending pair before it touches the disk: XChaCha20-Poly1305 of libsodium, bound to its user and key.
///
/// While one seal key is replaced by another there are several: the first one is the one to seal with, and every one opens.
public struct Seal: Sendable {
    /// The length of a seal key in bytes.
    public static let keyLength = 32

    /// One seal key, and what is derived from it. One key has one use.
    private struct Key: Sendable {
        /// Distinguishes it from others; not secret.
        let id: String
        let seal: Secret
        /// For users' records with the ends of their histories.
        let history: Secret
        /// For what is given away and comes back: ``code(for:)``.
        let token: Secret

        init(_ key: Secret) {
            precondition(key.count == keyLength)
            seal = key
            history = Self.derive(key, 1, Int(crypto_auth_hmacsha256_KEYBYTES))
            token = Self.derive(key, 3, Int(crypto_auth_hmacsha256_KEYBYTES))
            id = Self.derive(key, 2, Int(crypto_kdf_BYTES_MIN)).withBytes { Hexadecimal.text(Array($0.prefix(6))) }
        }

        private static func derive(_ key: Secret, _ number: UInt64, _ count: Int) -> Secret {
            var derived = [UInt8](repeating: 0, count: count)
            with(key) { _ = crypto_kdf_derive_from_key(&derived, derived.count, number, "ktrnhist", $0) }
            return Secret.taking(&derived)
        }
    }

    private let keys: [Key]

    /// - Parameter key: exactly ``keyLength`` bytes.
    public init(key: Secret) { self.init(keys: [key]) }

    /// - Parameter keys: at least one, each exactly ``keyLength`` bytes; the first one is the one to seal with.
    public init(keys: [Secret]) {
        precondition(!keys.isEmpty)
        self.keys = keys.map(Key.init)
    }

    /// The short names of the keys, in their order: 12 hexadecimal digits that are derived from the key and say nothing about it.
    public var ids: [String] { keys.map(\.id) }

    /// The one to seal with.
    public var firstID: String { keys[0].id }

    /// Whether it has the key of that name.
    func knows(_ id: String) -> Bool { keys.contains { $0.id == id } }

    private func key(_ id: String) -> Key { keys.first { $0.id == id } ?? keys[0] }

    /// A fresh seal key.
    public static func makeKey() -> Secret {
        var bytes = [UInt8](repeating: 0, count: keyLength)
        randombytes_buf(&bytes, bytes.count)
        return Secret.taking(&bytes)
    }

    /// nonce, then ciphertext with its tag.
    ///
    /// - Parameter id: the name of the key to seal with; nil: the first one's.
    func seal(_ secret: Secret, context: String, with id: String? = nil) -> [UInt8] {
        let key = key(id ?? firstID).seal
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

    /// The secret, or nil where no key, or context or bytes are not those of the sealing.
    func open(_ sealed: [UInt8], context: String) -> Secret? {
        keys.lazy.compactMap { Self.open(sealed, context, $0.seal) }.first
    }

    /// The name of the key that sealed it; nil: none of these.
    func opener(of sealed: [UInt8], context: String) -> String? {
        keys.first { Self.open(sealed, context, $0.seal) != nil }?.id
    }

    private static func open(_ sealed: [UInt8], _ context: String, _ key: Secret) -> Secret? {
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
    /// and the JSON, then the JSON, which names the seal key.
    ///
    /// - Parameter id: the name of the seal key.
    func vouch(for record: UserRecord, of user: String, with id: String) -> [UInt8] {
        var named = record
        named.sealKey = id
        let json = Coding.json(named)
        return Coding.join(Hexadecimal.text(Self.code(of: json, user, key(id).history)), json)
    }

    /// Whether a code is the one of this record by any of the keys, each in constant time.
    func accepts(_ code: String, for json: [UInt8], of user: String) -> Bool {
        let given = Array(code.utf8)
        return keys.contains { key in
            let expected = Array(Hexadecimal.text(Self.code(of: json, user, key.history)).utf8)
            return given.count == expected.count && sodium_memcmp(given, expected, expected.count) == 0
        }
    }

    private static func code(of json: [UInt8], _ user: String, _ key: Secret) -> [UInt8] {
        let bytes = Array("keyturn record \(user)\n".utf8) + json
        var code = [UInt8](repeating: 0, count: Int(crypto_auth_hmacsha256_BYTES))
        Self.with(key) { _ = crypto_auth_hmacsha256(&code, bytes, UInt64(bytes.count), $0) }
        return code
    }

    /// A code over a text that is given away, so that it is known again when it comes back: HMAC-SHA-256 under a key that is derived from
    /// the first seal key for this use alone. Public, as the text is: nothing of the key follows from it.
    ///
    /// - Parameter text: begins with what it is for, so that a code of one use is none of another.
    /// - Returns: 64 hexadecimal digits.
    public func code(for text: String) -> String { Self.code(for: text, keys[0]) }

    /// Whether the code is one of this text by any of the keys, each compared in constant time.
    public func accepts(_ code: String, for text: String) -> Bool {
        let given = Array(code.utf8)
        return keys.contains { key in
            let expected = Array(Self.code(for: text, key).utf8)
            return given.count == expected.count && sodium_memcmp(given, expected, expected.count) == 0
        }
    }

    private static func code(for text: String, _ key: Key) -> String {
        let bytes = Array(text.utf8)
        var code = [UInt8](repeating: 0, count: Int(crypto_auth_hmacsha256_BYTES))
        with(key.token) { _ = crypto_auth_hmacsha256(&code, bytes, UInt64(bytes.count), $0) }
        return Hexadecimal.text(code)
    }

    private static func with(_ key: Secret, _ body: (UnsafePointer<UInt8>) -> Void) {
        key.withBytes { bytes in
            if let key = bytes.bindMemory(to: UInt8.self).baseAddress { body(key) }
        }
    }
}
