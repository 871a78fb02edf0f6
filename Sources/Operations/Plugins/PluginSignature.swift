internal import FileTrust
internal import FoundationEssentials
internal import PlainText
internal import PusherHost

/// An author's signature beside a plugin's library.
package struct PluginSignature {
    /// The signature's file.
    package let path: String
    /// The public key in base64.
    package let publicKey: String

    /// Signs, and writes the signature.
    ///
    /// - Parameter key: the file of the private key, which is made where there is none.
    package init(directory: String, key: String) throws {
        let directory = URL(fileURLWithPath: directory).path
        let plugin = try explained { () throws(PluginError) in try Plugin(directory: directory) }
        let library = try explained { () throws(PluginError) in try SealedLibrary(path: plugin.library) }
        let seed = try Self.readOrMakeKey(key)
        let signature = Ed25519.sign(Pin.signedText(plugin, library), seed: seed)
        path = "\(directory)/pusher.sig"
        do {
            try Data((signature.base64EncodedString() + "\n").utf8).write(to: URL(fileURLWithPath: path))
            // Like the library that it lies next to: it is not secret, and keyturn runs as a user of its own.
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        } catch {
            throw OperationFailure(.failed, "\(path) cannot be written: \(FileFailure.reason(error))")
        }
        publicKey = Ed25519.publicKey(seed: seed).base64EncodedString()
    }

    private static func readOrMakeKey(_ key: String) throws -> [UInt8] {
        if let text = try? String(contentsOfFile: key, encoding: .utf8) {
            guard let seed = Data(base64Encoded: PlainText.trimmed(text)), seed.count == 32
            else { throw OperationFailure(.failed, "\(key): it is not 32 bytes in base64") }
            return [UInt8](seed)
        }
        var generator = SystemRandomNumberGenerator()
        let seed = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let made = FileManager.default.createFile(
            atPath: key, contents: Data((Data(seed).base64EncodedString() + "\n").utf8),
            attributes: [.posixPermissions: 0o600])
        guard made else { throw OperationFailure(.failed, "\(key): it cannot be written") }
        return seed
    }
}
