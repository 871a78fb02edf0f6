/// Calls with a source's credentials. When AWS does not take them any more, the source is asked once for others, and the
/// call is made once more: such a refusal is definite, so nothing was done, and even CreateAccessKey may be repeated.
struct AuthorizedClient: Sendable {
    let client: QueryClient
    let source: any CredentialSource

    func current() async throws(AWSError) -> Credentials {
        if let found = try await source.credentials() { return found }
        throw AWSError(.denied, "no AWS credentials: looked in \(source.name)")
    }

    func call(
        _ service: Service, _ action: String, _ parameters: [(String, String)],
        _ repeatability: QueryClient.Repeatability = .safe
    ) async throws(AWSError) -> XMLElement {
        try await answer(service, action, parameters, as: try await current(), repeatability).reply
    }

    /// - Returns: the answer, and the credentials that it was given to.
    func answer(
        _ service: Service, _ action: String, _ parameters: [(String, String)], as credentials: Credentials,
        _ repeatability: QueryClient.Repeatability = .safe
    ) async throws(AWSError) -> (reply: XMLElement, used: Credentials) {
        do {
            return (try await client.call(service, action, parameters, as: credentials, repeatability), credentials)
        } catch {
            guard error.code == .unknownKey || error.isExpiry else { throw error }
            guard let others = try await source.credentials(insteadOf: credentials), !others.isSame(as: credentials)
            else { throw error }
            return (try await client.call(service, action, parameters, as: others, repeatability), others)
        }
    }
}

extension AWSError {
    /// The session token has ended.
    var isExpiry: Bool { awsCode == "ExpiredToken" || awsCode == "ExpiredTokenException" }
}
