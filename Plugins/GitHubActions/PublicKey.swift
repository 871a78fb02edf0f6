import CSodiumStatic
import FoundationEssentials
import PusherKit

/// The public key of a repository, environment or organization: each has its own, and it can change.
struct PublicKey: Decodable {
    let id: String
    let key: String

    enum CodingKeys: String, CodingKey {
        case id = "key_id"
        case key
    }

    /// Seals a value, so that GitHub alone can open it: libsodium's `crypto_box_seal`, in Base64.
    ///
    /// - Returns: nil where the key is none.
    func seal(_ value: SecretBytes) -> String? {
        guard Self.isSodiumReady, let key = Data(base64Encoded: key), key.count == crypto_box_publickeybytes()
        else { return nil }
        var sealed = [UInt8](repeating: 0, count: value.count + crypto_box_sealbytes())
        let status = value.withBytes { plain in
            crypto_box_seal(
                &sealed, plain.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(plain.count), Array(key))
        }
        return status == 0 ? Data(sealed).base64EncodedString() : nil
    }

    /// libsodium wants to be set up once, before the first of several threads uses it.
    private static let isSodiumReady = sodium_init() >= 0
}
