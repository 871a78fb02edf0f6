internal import AWS
internal import Configuration
internal import Secrets

extension ServiceFactory {
    /// Fetches those of the secrets that AWS keeps, each once.
    ///
    /// - Throws: ``OperationFailure`` for the first one that cannot be fetched.
    func fetch(_ references: [SecretReference]) async throws -> FetchedSecrets {
        var fetched = FetchedSecrets()
        for (reference, result) in try await ask(references) {
            switch result {
            case .success(let secret): fetched[reference.source] = secret
            case .failure(let error):
                throw OperationFailure(ExitStatus(error), reference.error(error.description).description)
            }
        }
        return fetched
    }

    /// Whether each secret that AWS keeps can be fetched: for `check --online`.
    func check(_ references: [SecretReference]) async throws -> [Finding] {
        try await ask(references).map { reference, result in
            let subject = "secret \(reference.place)"
            return switch result {
            case .success: Finding(subject, .done, "\(reference.source.words) can be read")
            case .failure(let error): Finding(subject, ExitStatus(error), error.description)
            }
        }
    }

    /// As whom `aws` says, over connections that end with it.
    private func ask(
        _ references: [SecretReference]
    ) async throws -> [(SecretReference, Result<Secret, AWSError>)] {
        let kept = references.filter(\.source.isKeptByAWS)
        guard !kept.isEmpty else { return [] }
        let http = try makeHTTP()
        defer { http.stop() }
        let accounts = makeAccounts(http)
        let account = loaded.account(loaded.configuration.account)
        let stores = SecretStores(
            account: account, source: accounts.credentials(of: account), http: accounts.http,
            environment: loaded.environment, clock: accounts.clock)
        var answers: [SecretReference.Source: Result<Secret, AWSError>] = [:]
        var asked: [(SecretReference, Result<Secret, AWSError>)] = []
        for reference in kept {
            let answer: Result<Secret, AWSError>
            if let before = answers[reference.source] {
                answer = before
            } else {
                answer = await Self.ask(stores, reference.source)
            }
            answers[reference.source] = answer
            asked.append((reference, answer))
        }
        return asked
    }

    private static func ask(_ stores: SecretStores, _ source: SecretReference.Source) async -> Result<Secret, AWSError>
    {
        do throws(AWSError) {
            switch source {
            case .secretsManager(let id, let key): return .success(try await stores.secret(id, field: key))
            case .parameter(let name): return .success(try await stores.parameter(name))
            case .environment, .file, .command: preconditionFailure("AWS does not keep it")
            }
        } catch { return .failure(error) }
    }
}

extension SecretReference.Source {
    /// What it is, for people.
    fileprivate var words: String {
        switch self {
        case .environment(let name): "the environment variable \(name)"
        case .file(let path): path
        case .command(let words, _): "the output of \(words.first ?? "")"
        case .secretsManager(let id, let key):
            "the secret \(id)\(key.map { ", field \($0)," } ?? "") of Secrets Manager"
        case .parameter(let name): "the parameter \(name)"
        }
    }
}

extension LoadedConfiguration {
    /// Every secret that the configuration names, in the file's order as far as it has one.
    var secretReferences: [SecretReference] {
        var references: [SecretReference] = []
        for source in configuration.sealKeys { if case .kept(let reference) = source { references.append(reference) } }
        if case .postgres(_, let password?) = configuration.state { references.append(password) }
        return references + configuration.notifications.flatMap(\.references)
            + pushers.flatMap(\.secretReferences)
    }
}
