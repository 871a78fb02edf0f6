import CCrypto
import FoundationEssentials

/// The key pair of a GitHub App, as its owner has it.
final class AppKey: Sendable {
    private nonisolated(unsafe) let key: OpaquePointer

    init() {
        let context = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nil)
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        _ = EVP_PKEY_keygen_init(context)
        _ = EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2_048)
        _ = EVP_PKEY_generate(context, &key)
        self.key = key!
    }

    deinit { EVP_PKEY_free(key) }

    /// `BEGIN PRIVATE KEY`.
    var pkcs8: String { written { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) } }
    /// `BEGIN RSA PRIVATE KEY`: the form in which GitHub gives it.
    var pkcs1: String { written { PEM_write_bio_PrivateKey_traditional($0, key, nil, nil, 0, nil, nil) } }
    /// `BEGIN ENCRYPTED PRIVATE KEY`.
    var encrypted: String {
        written { PEM_write_bio_PrivateKey($0, key, EVP_aes_128_cbc(), "password", 8, nil, nil) }
    }
    /// `BEGIN PUBLIC KEY`, which is not enough to sign with.
    var publicKey: String { written { PEM_write_bio_PUBKEY($0, key) } }

    /// The claims of a JSON Web Token, or nil where this key did not sign it.
    func claims(_ token: String) -> [String: Claim]? {
        let parts = token.split(separator: ".").map(String.init)
        guard parts.count == 3, let signature = data(parts[2]), let payload = data(parts[1]) else { return nil }
        guard data(parts[0]) == Data(#"{"alg":"RS256","typ":"JWT"}"#.utf8) else { return nil }
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1 else { return nil }
        let signed = Array("\(parts[0]).\(parts[1])".utf8)
        guard EVP_DigestVerify(context, Array(signature), signature.count, signed, signed.count) == 1 else {
            return nil
        }
        return try? JSONDecoder().decode([String: Claim].self, from: payload)
    }

    private func written(_ write: (OpaquePointer?) -> Int32) -> String {
        let memory = BIO_new(BIO_s_mem())
        defer { BIO_free(memory) }
        guard write(memory) == 1 else { return "" }
        var bytes = [UInt8](repeating: 0, count: 8_192)
        let count = BIO_read(memory, &bytes, Int32(bytes.count))
        return String(decoding: bytes.prefix(Int(max(count, 0))), as: UTF8.self)
    }

    private func data(_ text: String) -> Data? {
        let plain = String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        return Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.count % 4) % 4))
    }

    enum Claim: Decodable, Equatable {
        case text(String)
        case number(Int64)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int64.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }
    }
}
