/// Calls of the Query protocol with a source's credentials.
struct AuthorizedClient: Sendable {
    var client: QueryClient
    let source: any CredentialSource

    func current() async throws(AWSError) -> Credentials { try await source.current() }

    func call(
        _ service: Service, _ action: String, _ parameters: [(String, String)],
        _ repeatability: Repeatability = .safe
    ) async throws(AWSError) -> XMLElement {
        try await answer(service, action, parameters, as: try await current(), repeatability).reply
    }

    /// - Returns: the answer, and the credentials that it was given to.
    func answer(
        _ service: Service, _ action: String, _ parameters: [(String, String)], as credentials: Credentials,
        _ repeatability: Repeatability = .safe
    ) async throws(AWSError) -> (reply: XMLElement, used: Credentials) {
        try await source.authorized(credentials) { credentials throws(AWSError) in
            try await client.call(service, action, parameters, as: credentials, repeatability)
        }
    }
}

extension CredentialSource {
    /// Credentials, or an error that says where they were looked for.
    func current() async throws(AWSError) -> Credentials {
        if let found = try await credentials() { return found }
        throw AWSError(.denied, "no AWS credentials: looked in \(name)")
    }

    /// Makes a call with credentials. When AWS does not take them any more, the source is asked once for others, and the call is
    /// made once more: such a refusal is definite, so nothing was done, and even CreateAccessKey may be repeated.
    ///
    /// - Returns: the answer, and the credentials that it was given to.
    func authorized<Reply>(
        _ credentials: Credentials, call: (Credentials) async throws(AWSError) -> Reply
    ) async throws(AWSError) -> (reply: Reply, used: Credentials) {
        do {
            return (try await call(credentials), credentials)
        } catch {
            guard error.code == .unknownKey || error.isExpiry else { throw error }
            guard let others = try await self.credentials(insteadOf: credentials), !others.isSame(as: credentials)
            else { throw error }
            return (try await answerToNew(others, call), others)
        }
    }

    /// Credentials that have just changed, as those of keyturn's own user do when they are rotated, may not be known
    /// everywhere yet: AWS spreads a key within seconds.
    private func answerToNew<Reply>(
        _ credentials: Credentials, _ call: (Credentials) async throws(AWSError) -> Reply
    ) async throws(AWSError) -> Reply {
        for wait in [1, 2, 4, 8] {
            do {
                return try await call(credentials)
            } catch {
                guard error.code == .unknownKey else { throw error }
                do { try await Task.sleep(for: .seconds(wait)) } catch { break }
            }
        }
        return try await call(credentials)
    }
}

extension AWSError {
    /// The session token has ended.
    var isExpiry: Bool { awsCode == "ExpiredToken" || awsCode == "ExpiredTokenException" }
}
