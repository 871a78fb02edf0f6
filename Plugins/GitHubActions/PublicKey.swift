import CSodiumStatic
import PusherKit

/// The public key of a repository, environment or organization: each has its own, and it can change.
struct PublicKey: JSONReadable, Equatable {
    let id: String
    let key: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        id = try fields.value("key_id")
        key = try fields.value("key")
    }

    /// Whether it has the form of one.
    var isKey: Bool { bytes != nil }

    /// Seals a value, so that GitHub alone can open it: libsodium's `crypto_box_seal`, in Base64.
    ///
    /// - Returns: nil where the key is none.
    func seal(_ value: SecretBytes) -> String? {
        guard Self.isSodiumReady, let bytes else { return nil }
        var sealed = [UInt8](repeating: 0, count: value.count + crypto_box_sealbytes())
        let status = value.withBytes { plain in
            crypto_box_seal(&sealed, plain.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(plain.count), bytes)
        }
        return status == 0 ? sealed.withUnsafeBytes { SecretBytes(copying: $0) }.base64.text : nil
    }

    private var bytes: [UInt8]? {
        guard let decoded = SecretBytes(key).base64Decoded, decoded.count == crypto_box_publickeybytes() else {
            return nil
        }
        return decoded.withBytes { Array($0) }
    }

    /// libsodium wants to be set up once, before the first of several threads uses it.
    private static let isSodiumReady = sodium_init() >= 0
}

/// The public keys that were asked for, by place.
final class KeyRing: Sendable {
    /// More places than one pusher serves; beyond it they are asked for again.
    private static let capacity = 10_000
    private let keys = Guarded<[Place: PublicKey]>([:])

    subscript(place: Place) -> PublicKey? {
        get { keys.withLock { $0[place] } }
        set {
            keys.withLock { keys in
                if keys.count >= Self.capacity { keys = [:] }
                keys[place] = newValue
            }
        }
    }
}
