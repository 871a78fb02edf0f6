internal import FileTrust
internal import FoundationEssentials
internal import PusherHost

/// An author's signature next to a plugin's library.
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
        let key = try SigningKey(file: key)
        path = "\(directory)/pusher.sig"
        do {
            try Data(key.sign(Pin.signedText(plugin, library))).write(to: URL(fileURLWithPath: path))
            // Like the library that it lies next to: it is not secret, and keyturn runs as a user of its own.
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        } catch {
            throw OperationFailure(.failed, "\(path) cannot be written: \(FileFailure.reason(error))")
        }
        publicKey = key.publicKey
    }
}
