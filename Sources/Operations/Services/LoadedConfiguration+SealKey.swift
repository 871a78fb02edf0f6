internal import AWS
internal import Configuration
internal import FoundationEssentials
internal import Glibc
internal import JSON
internal import Journal
internal import Secrets

extension LoadedConfiguration {
    /// What a seal key that KMS seals is for, as the encryption context says it: another use of the same KMS key opens nothing.
    static let sealKeyContext = ["keyturn": "seal-key"]

    /// The keys that seal pairs, which no one else may read, in the order of the configuration. They are read once: KMS or a command may
    /// have to be asked.
    ///
    /// - Returns: as far as they can be had without the state: nil means one that is kept there.
    func readSealKeys() async throws -> [Secret?] {
        var keys: [Secret?] = []
        for source in configuration.sealKeys { keys.append(try await readSealKey(source)) }
        return keys
    }

    private func readSealKey(_ source: SealKeySource) async throws -> Secret? {
        switch source {
        case .kms(let key):
            guard let sealed = key.sealed else { return nil }
            return try await open(sealed, with: key)
        case .kept(let reference):
            if case .file(let path) = reference.source {
                try checkPresence(ofSealKey: path, reference)
                try checkMode(ofSealKey: path, reference.place)
            }
            let fetched = try await ServiceFactory(self).fetch([reference])
            do throws(ConfigurationError) {
                let text = try reference.resolve(environment: environment, fetched: fetched)
                guard let key = Self.decode(text) else {
                    throw reference.error(
                        "it is not \(Seal.keyLength) bytes in base64; `keyturn seal-key new` makes one")
                }
                return key
            } catch { throw OperationFailure(error) }
        }
    }

    private static func decode(_ text: Secret) -> Secret? {
        var data = text.withBytes { Data(base64Encoded: Data($0), options: .ignoreUnknownCharacters) } ?? Data()
        defer { data.withUnsafeMutableBytes { Secret.wipe($0) } }
        guard data.count == Seal.keyLength else { return nil }
        return data.withUnsafeBytes { Secret(copying: $0) }
    }

    /// What to do about it depends on whether anything was sealed with it.
    private func checkPresence(ofSealKey path: String, _ reference: SecretReference) throws {
        guard access(path, F_OK) != 0, errno == ENOENT else { return }
        throw OperationFailure(
            reference.error(
                "\(path) is missing. Put the key back that the state is sealed with: nothing else opens it. Where there is no state yet, "
                    + "`keyturn seal-key new --out \(path)` makes one"))
    }

    private func checkMode(ofSealKey path: String, _ place: String) throws {
        guard let exposure = exposure(ofSealKey: path) else { return }
        throw OperationFailure(.notAllowed, "\(configuration.file): `\(place)`: \(exposure)")
    }

    /// Why the file of a seal key is not as private as it must be; nil: it is.
    func exposure(ofSealKey path: String) -> String? {
        // systemd's LoadCredential gives the service's user access by an access control list, which shows as the group's.
        let isCredential = environment["CREDENTIALS_DIRECTORY"].map { path.hasPrefix($0 + "/") } ?? false
        var attributes = stat()
        guard !isCredential, lstat(path, &attributes) == 0 else { return nil }
        let mode = attributes.st_mode & 0o7777
        guard mode & 0o077 != 0 else { return nil }
        return "\(path) can be read by others (mode \(String(mode, radix: 8))); run `chmod 600 \(path)`"
    }

    /// Has KMS open what it sealed.
    ///
    /// - Parameter sealed: in base64.
    func open(_ sealed: String, with key: KMSSealKey) async throws -> Secret {
        let plain = try await ask(key) { kms throws(AWSError) in try await kms.decrypt(sealed) }
        return try checkLength(plain, key)
    }

    /// Has KMS make a seal key, and opens it: a right that is missing shows before anything is written.
    ///
    /// - Returns: what KMS sealed, in base64, and what it is.
    func makeSealKey(with key: KMSSealKey) async throws -> (sealed: String, plain: Secret) {
        let made = try await ask(key) { kms throws(AWSError) in
            let sealed = try await kms.makeSealedKey()
            return (sealed: sealed, plain: try await kms.decrypt(sealed))
        }
        return (made.sealed, try checkLength(made.plain, key))
    }

    private func subject(_ key: KMSSealKey) -> String { "\(configuration.file):\(key.line): `\(key.place)`" }

    /// Asks KMS for a seal key, as whom `aws` says.
    private func ask<Value: Sendable>(
        _ key: KMSSealKey, _ body: (KMS) async throws(AWSError) -> Value
    ) async throws -> Value {
        guard let place = KMS.Key(key.key, region: account(configuration.account).region) else {
            throw OperationFailure(
                .configuration, "\(subject(key)): \(key.key) is neither the ARN of a KMS key nor alias/NAME")
        }
        do { return try await withKMS(place, body) } catch let error as AWSError {
            throw OperationFailure(
                ExitStatus(ofSealKey: error), "\(subject(key)): \(error.description)\(advice(error, key))")
        }
    }

    private func checkLength(_ plain: Secret, _ key: KMSSealKey) throws -> Secret {
        guard plain.count == Seal.keyLength else {
            throw OperationFailure(
                .configuration,
                "\(subject(key)): what is sealed is not \(Seal.keyLength) bytes long; `keyturn seal-key new --kms \(key.key)` makes one"
            )
        }
        return plain
    }

    /// Lends KMS, with connections that end with the call.
    func withKMS<Value: Sendable>(
        _ key: KMS.Key, _ body: (KMS) async throws(AWSError) -> Value
    ) async throws -> Value {
        let factory = ServiceFactory(self)
        let http = try factory.makeHTTP()
        defer { http.stop() }
        let accounts = factory.makeAccounts(http)
        let account = account(configuration.account)
        return try await body(
            KMS(
                key: key, context: Self.sealKeyContext, account: account, source: accounts.credentials(of: account),
                http: accounts.http, environment: environment, clock: accounts.clock))
    }
}
