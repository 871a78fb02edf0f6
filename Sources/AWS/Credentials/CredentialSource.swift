public import Secrets

/// Credentials to sign with.
public struct Credentials: Sendable {
    /// The key pair.
    public var pair: KeyPair
    /// `x-amz-security-token`, for temporary credentials.
    public var sessionToken: Secret?

    /// Credentials to sign with.
    public init(pair: KeyPair, sessionToken: Secret? = nil) {
        self.pair = pair
        self.sessionToken = sessionToken
    }
}

/// One place where credentials come from.
public protocol CredentialSource: Sendable {
    /// What people call it: "the environment".
    var name: String { get }
    /// The credentials; nil: this place has none.
    func credentials() throws(AWSError) -> Credentials?
}

/// Asks one source after the other.
public struct CredentialChain: CredentialSource {
    private let sources: [any CredentialSource]

    /// - Parameter sources: in the order in which they are asked.
    public init(_ sources: [any CredentialSource]) { self.sources = sources }

    /// The chain that AWS's own tools use, as far as keyturn knows it. A named profile comes before the environment.
    public static func standard(profile: String?, environment: [String: String]) -> CredentialChain {
        let files = SharedFiles(profile: profile, environment: environment)
        let variables = EnvironmentCredentials(environment: environment)
        return CredentialChain(profile == nil ? [variables, files] : [files])
    }

    /// All of them.
    public var name: String { sources.map(\.name).joined(separator: ", ") }

    /// The first source's that has any.
    public func credentials() throws(AWSError) -> Credentials? {
        for source in sources {
            if let found = try source.credentials() { return found }
        }
        return nil
    }
}
