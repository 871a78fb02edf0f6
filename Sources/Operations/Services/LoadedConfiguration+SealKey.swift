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

    /// The keys that seal pairs, which nobody else may read. They are read once: KMS or a command may have to be asked.
    func readSealKeys() async throws -> Seal {
        var keys: [Secret] = []
        for source in configuration.sealKeys { keys.append(try await readSealKey(source)) }
        return Seal(keys: keys)
    }

    private func readSealKey(_ source: SealKeySource) async throws -> Secret {
        switch source {
        case .kms(let sealed): return try await decrypt(sealed)
        case .kept(let reference):
            if case .file(let path) = reference.source { try checkMode(ofSealKey: path, reference.place) }
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

    private func checkMode(ofSealKey path: String, _ place: String) throws {
        // systemd's LoadCredential gives the service's user access by an access control list, which shows as the group's.
        let isCredential = environment["CREDENTIALS_DIRECTORY"].map { path.hasPrefix($0 + "/") } ?? false
        var attributes = stat()
        guard !isCredential, lstat(path, &attributes) == 0 else { return }
        let mode = attributes.st_mode & 0o7777
        guard mode & 0o077 != 0 else { return }
        throw OperationFailure(
            .configuration,
            "\(configuration.file): `\(place)`: \(path) can be read by others (mode \(String(mode, radix: 8))); run chmod 600 \(path)"
        )
    }

    /// Asks KMS, as whom `aws` says.
    private func decrypt(_ sealed: KMSSealKey) async throws -> Secret {
        let subject = "\(configuration.file):\(sealed.line): `\(sealed.place)`"
        guard let key = KMS.Key(arn: sealed.key) else {
            throw OperationFailure(.configuration, "\(subject): \(sealed.key) is not the ARN of a KMS key")
        }
        let plain: Secret
        do {
            plain = try await withKMS(key) { kms throws(AWSError) in try await kms.decrypt(sealed.sealed) }
        } catch let error as AWSError {
            throw OperationFailure(
                ExitStatus(ofSealKey: error), "\(subject): \(error.description)\(PolicyDocument.advice(error, key.arn))"
            )
        }
        guard plain.count == Seal.keyLength else {
            throw OperationFailure(
                .configuration,
                "\(subject): what is sealed is not \(Seal.keyLength) bytes long; `keyturn seal-key new --kms \(key.arn)` makes one"
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

extension PolicyDocument {
    /// What to add to the policy of whom KMS does not let in; empty for other errors.
    static func advice(_ error: AWSError, _ key: String) -> String {
        guard error.code == .denied else { return "" }
        return "; the policy of that identity needs \(sealKeyStatement([key]).text)"
    }
}
