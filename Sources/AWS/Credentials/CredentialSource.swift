public import Rotation
public import Secrets

/// Credentials to sign with.
public struct Credentials: Sendable {
    /// The key pair.
    public var pair: KeyPair
    /// `x-amz-security-token`, for temporary credentials.
    public var sessionToken: Secret?
    /// When they end; nil: they have no end that is known.
    public var expiry: Timestamp?
    /// Where they came from, in words: "profile ci (credential_process)".
    public var source: String
    /// The credentials that these were got with, nearest first: those that a role was assumed with.
    public var origins: [Credentials]

    /// Credentials to sign with.
    public init(
        pair: KeyPair, sessionToken: Secret? = nil, expiry: Timestamp? = nil, source: String = "",
        origins: [Credentials] = []
    ) {
        self.pair = pair
        self.sessionToken = sessionToken
        self.expiry = expiry
        self.source = source
        self.origins = origins
    }
}

/// One place where credentials come from.
public protocol CredentialSource: Sendable {
    /// What people call it: "the environment".
    var name: String { get }
    /// The credentials; nil: this place has none. A place that is configured and does not work throws.
    func credentials() async throws(AWSError) -> Credentials?
    /// Credentials in place of those, which AWS does not take any more.
    func credentials(insteadOf refused: Credentials) async throws(AWSError) -> Credentials?
}

extension CredentialSource {
    /// What keeps nothing is simply asked again.
    public func credentials(insteadOf refused: Credentials) async throws(AWSError) -> Credentials? {
        try await credentials()
    }

    /// An error that begins with the source's name: whoever reads it has to know where to look.
    func failure(_ words: String, _ code: AWSError.Code = .denied) -> AWSError {
        AWSError(code, "AWS credentials from \(name): \(words)")
    }
}

/// Asks one source after the other.
struct CredentialChain: CredentialSource {
    private let sources: [any CredentialSource]

    /// - Parameter sources: in the order in which they are asked.
    init(_ sources: [any CredentialSource]) { self.sources = sources }

    /// All of them.
    var name: String {
        // The shared files are asked at several places of the chain.
        names(of: sources[...]).joined(separator: ", ")
    }

    private func names(of sources: ArraySlice<any CredentialSource>) -> [String] {
        var names: [String] = []
        for source in sources where !names.contains(source.name) { names.append(source.name) }
        return names
    }

    /// The first source's that has any.
    func credentials() async throws(AWSError) -> Credentials? {
        for (index, source) in sources.enumerated() {
            do { if let found = try await source.credentials() { return found } } catch {
                // The shared files are asked twice, and may have some that do not fit.
                let empty = names(of: sources[..<index]).filter { $0 != source.name }
                throw empty.isEmpty ? error : error.afterNone(in: empty)
            }
        }
        return nil
    }
}

extension AWSError {
    /// The place that failed may be none that anyone meant: whoever reads it may miss something in one of those before it.
    fileprivate func afterNone(in places: [String]) -> AWSError {
        var error = self
        error.description += "; there are none in \(places.joined(separator: ", in "))"
        return error
    }
}

extension CredentialChain {
    /// The chain of AWS's own tools, in the order of botocore's `create_credential_resolver`.
    ///
    /// A profile that the configuration names comes in place of the environment and of everything behind it: what it
    /// does not have is not looked for elsewhere, since other credentials would be another identity.
    static func standard(_ surroundings: CredentialContext) -> CredentialChain {
        let profiles = ProfileCredentials(surroundings: surroundings)
        if surroundings.account.profile != nil { return CredentialChain([profiles.whole]) }
        let sources: [(any CredentialSource)?] = [
            EnvironmentCredentials(environment: surroundings.environment), profiles.role,
            WebIdentityCredentials.environment(surroundings), profiles.rest,
            ContainerCredentials(surroundings: surroundings), InstanceCredentials(surroundings: surroundings),
        ]
        return CredentialChain(sources.compactMap { $0 })
    }
}
