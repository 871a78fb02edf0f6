internal import FileTrust
internal import FoundationEssentials
internal import PlainText
internal import PusherHost
internal import Secrets

/// An author's private key: the 32 bytes of an Ed25519 seed in base64, in a file that others cannot read.
struct SigningKey {
    private let seed: Secret

    /// The public key in base64.
    var publicKey: String { seed.withBytes { Ed25519.publicKey(seed: Array($0)).base64EncodedString() } }

    /// Reads the file, or makes it, mode 0600, where there is none.
    init(file: String) throws {
        if !FileManager.default.fileExists(atPath: file) { try Self.make(file) }
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw OperationFailure(.failed, "\(file): the signing key cannot be read")
        }
        guard let data = Data(base64Encoded: PlainText.trimmed(text)), data.count == 32 else {
            throw OperationFailure(
                .failed,
                "\(file): it is not 32 bytes in base64; `keyturn plugin sign` makes such a key where there is no file")
        }
        var bytes = [UInt8](data)
        seed = Secret.taking(&bytes)
    }

    /// Makes a key, and never over a file that is there.
    static func make(_ file: String) throws {
        var generator = SystemRandomNumberGenerator()
        let seed = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        var text = Array((Data(seed).base64EncodedString() + "\n").utf8)
        defer { Secret.wipe(&text) }
        do throws(DurableFile.Failure) { try DurableFile.make(text, at: file, mode: 0o600) } catch {
            throw OperationFailure(.failed, "\(file): the signing key cannot be written: \(error)")
        }
    }

    /// The signature of a text, in base64 and with a newline, as files have it.
    func sign(_ text: String) -> [UInt8] {
        let signature = seed.withBytes { Ed25519.sign(text, seed: Array($0)) }
        return Array((signature.base64EncodedString() + "\n").utf8)
    }
}
