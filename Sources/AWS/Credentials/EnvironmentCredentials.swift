internal import Rotation
internal import Secrets

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
///
/// `AWS_CREDENTIAL_EXPIRATION` is passed over: this process's environment does not change, so there is nothing to refresh.
struct EnvironmentCredentials: CredentialSource {
    let environment: [String: String]

    var name: String { "the environment (AWS_ACCESS_KEY_ID)" }

    func credentials() async throws(AWSError) -> Credentials? {
        guard let id = environment["AWS_ACCESS_KEY_ID"], !id.isEmpty else { return nil }
        guard let secret = environment["AWS_SECRET_ACCESS_KEY"], !secret.isEmpty else {
            throw AWSError(.denied, "AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not")
        }
        let token = environment["AWS_SESSION_TOKEN"].flatMap { $0.isEmpty ? nil : Secret.text($0) }
        return Credentials(pair: KeyPair(id: AccessKeyID(id), secret: .text(secret)), sessionToken: token, source: name)
    }
}
