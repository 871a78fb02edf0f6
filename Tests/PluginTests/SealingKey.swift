import CSodium
import FoundationEssentials

/// The key pair of a GitHub repository, as the service has it.
struct SealingKey {
    let publicKey: String
    private let publicBytes: [UInt8]
    private let secretBytes: [UInt8]

    init() {
        var publicBytes = [UInt8](repeating: 0, count: crypto_box_publickeybytes())
        var secretBytes = [UInt8](repeating: 0, count: crypto_box_secretkeybytes())
        _ = crypto_box_keypair(&publicBytes, &secretBytes)
        self.publicBytes = publicBytes
        self.secretBytes = secretBytes
        publicKey = Data(publicBytes).base64EncodedString()
    }

    /// What a request's body has sealed, or nil where it cannot be opened.
    func open(_ request: Recorded) -> String? {
        guard let body = try? JSONDecoder().decode(Body.self, from: Data(request.body.utf8)),
            let sealed = Data(base64Encoded: body.sealed)
        else { return nil }
        var opened = [UInt8](repeating: 0, count: sealed.count - crypto_box_sealbytes())
        let status = crypto_box_seal_open(&opened, Array(sealed), UInt64(sealed.count), publicBytes, secretBytes)
        return status == 0 ? String(decoding: opened, as: UTF8.self) : nil
    }

    private struct Body: Decodable {
        let sealed: String

        enum CodingKeys: String, CodingKey {
            case sealed = "encrypted_value"
        }
    }
}
