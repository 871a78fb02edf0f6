internal import Configuration
internal import FoundationEssentials
internal import Glibc
internal import Journal
internal import Secrets

extension LoadedConfiguration {
    /// The key that seals pairs, which nobody else may read.
    func readSealKey() throws -> Seal {
        let file = configuration.file
        if case .file(let path) = configuration.sealKey.source {
            // systemd's LoadCredential gives the service's user access by an access control list, which shows as the group's.
            let isCredential = environment["CREDENTIALS_DIRECTORY"].map { path.hasPrefix($0 + "/") } ?? false
            var attributes = stat()
            let isThere = !isCredential && lstat(path, &attributes) == 0
            let mode = attributes.st_mode & 0o7777
            if isThere, mode & 0o077 != 0 {
                throw OperationFailure(
                    .configuration,
                    "\(file): `seal-key`: \(path) can be read by others (mode \(String(mode, radix: 8))); run chmod 600 \(path)"
                )
            }
        }
        do throws(ConfigurationError) {
            let text = try configuration.sealKey.resolve(environment: environment)
            let data = text.withBytes { Data(base64Encoded: Data($0), options: .ignoreUnknownCharacters) }
            guard let data, data.count == Seal.keyLength else {
                throw ConfigurationError(
                    file: file, line: configuration.sealKeyLine,
                    "`seal-key`: it is not \(Seal.keyLength) bytes in base64; `keyturn init` makes one")
            }
            return Seal(key: data.withUnsafeBytes { Secret(copying: $0) })
        } catch { throw OperationFailure(error) }
    }
}
