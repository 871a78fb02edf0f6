internal import AWS
internal import Configuration
internal import FoundationEssentials
internal import Glibc
internal import HTTP
internal import Journal
internal import Secrets

/// A new seal key: in a file, or sealed by KMS.
package enum NewSealKey {
    /// Makes a key, and writes it to a file that only its owner reads.
    ///
    /// - Throws: ``OperationFailure`` where something is there already: a seal key is never overwritten.
    package static func write(to path: String, _ context: OperationContext) async throws {
        let doubt = await doubt(about: path, context)
        try write(to: path)
        if let doubt { context.log.warn(doubt) }
    }

    /// What a new key at a place of the configuration leads to where a state is there already; nil: nothing.
    private static func doubt(about path: String, _ context: OperationContext) async -> String? {
        guard let loaded = try? LoadedConfiguration(context) else { return nil }
        let place = URL(fileURLWithPath: path).standardizedFileURL.path
        let isConfigured = loaded.configuration.sealKeys.contains { source in
            guard case .kept(let reference) = source, let file = reference.path else { return false }
            return URL(fileURLWithPath: file).standardizedFileURL.path == place
        }
        guard isConfigured, let journal = try? await StateAccess(loaded, for: .looking).openIfThere(),
            (try? await journal.sealedState(for: nil)) == .byAnotherKey
        else { return nil }
        let needed = await journal.sentenceOnSealKeys().map { ". \($0)" } ?? ""
        return
            "\(loaded.configuration.state.place) is sealed with another key, which this new one does not open: keyturn does nothing with it until "
            + "the former key is back in \(path). If that is lost, so is a key pair that is on its way to its targets: move the state away, "
            + "and begin with an empty one\(needed)"
    }

    private static func write(to path: String) throws {
        var text = Seal.makeKey().withBytes { Data($0).base64EncodedData() }
        defer { text.withUnsafeMutableBytes { Secret.wipe($0) } }
        text.append(0x0A)
        try write(text, to: path)
    }

    /// Has KMS make a key that never leaves it, and seal it.
    ///
    /// The configuration says as whom KMS is asked, where there is one; else the environment does.
    /// - Parameter arn: of the KMS key.
    /// - Returns: the field for `keyturn.yaml`. Nothing in it is secret.
    package static func sealed(by arn: String, _ context: OperationContext) async throws -> String {
        guard let key = KMS.Key(arn: arn) else {
            throw InvalidOption(message: "--kms: `\(arn)` must have the form arn:aws:kms:REGION:123456789012:key/ID")
        }
        let sealed: String
        do {
            sealed = try await ask(key, context) { kms throws(AWSError) in
                let sealed = try await kms.makeSealedKey()
                // What cannot be opened again is found out before anything depends on it.
                let plain = try await kms.decrypt(sealed)
                guard plain.count == Seal.keyLength else {
                    throw AWSError(.refused, "KMS made a key of \(plain.count) bytes")
                }
                return sealed
            }
        } catch let error as AWSError {
            throw OperationFailure(
                ExitStatus(ofSealKey: error),
                "\(error.description)\(PolicyDocument.adviceForNew(error, key.id)). Nothing was written")
        }
        return "seal-key: { kms: { key: \"\(key.id)\", sealed: \"\(sealed)\" } }\n"
    }

    /// Writes the field to a file that is not there yet.
    package static func write(field: String, to path: String) throws { try write(Data(field.utf8), to: path) }

    private static func ask(
        _ key: KMS.Key, _ context: OperationContext, _ body: (KMS) async throws(AWSError) -> String
    ) async throws -> String {
        if context.file != nil || (try? Configuration.find(nil, environment: context.environment)) != nil {
            return try await LoadedConfiguration(context).withKMS(key, body)
        }
        let http = HTTPClients(.init())
        defer { http.stop() }
        let accounts = Accounts(http: http.aws, environment: context.environment) { context.log.warn($0) }
        let account = Account(region: key.region)
        return try await body(
            KMS(
                key: key, context: LoadedConfiguration.sealKeyContext, account: account,
                source: accounts.credentials(of: account), http: accounts.http, environment: context.environment,
                clock: accounts.clock))
    }

    /// Never over something, nor through a link: O_EXCL refuses both.
    private static func write(_ bytes: Data, to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            let problem = errno == EEXIST ? "exists already" : "cannot be made: \(String(cString: strerror(errno)))"
            throw OperationFailure(.failed, "\(path) \(problem); nothing was written")
        }
        defer { close(file) }
        let isWritten = bytes.withUnsafeBytes { bytes in
            var (done, tries) = (0, 0)
            while done < bytes.count, tries < 64 {
                let count = Glibc.write(file, bytes.baseAddress?.advanced(by: done), bytes.count - done)
                if count < 0, errno != EINTR { return false }
                done += max(count, 0)
                tries += 1
            }
            return done == bytes.count
        }
        guard isWritten, fsync(file) == 0 else {
            let problem = String(cString: strerror(errno))
            unlink(path)
            throw OperationFailure(.failed, "\(path) cannot be written: \(problem); it was removed")
        }
    }
}

extension PolicyDocument {
    /// Making a key is a person's, and not in the policy of who runs keyturn.
    static func adviceForNew(_ error: AWSError, _ key: String) -> String {
        guard error.code == .denied else { return "" }
        return
            "; `seal-key new` needs kms:GenerateDataKeyWithoutPlaintext and kms:Decrypt on \(key), and keyturn later kms:Decrypt alone"
    }
}
