internal import JSON
internal import Rotation
internal import Secrets

/// Credentials as JSON: the form of programs, of container endpoints and of the instance's metadata, which differ in the
/// name of the token.
enum JSONCredentials {
    /// - Returns: nil where a member is missing, or the expiry is no time.
    static func read(_ json: JSONValue, token: String, source: String) -> Credentials? {
        guard let id = json["AccessKeyId"]?.string, let secret = json["SecretAccessKey"]?.string, !id.isEmpty,
            !secret.isEmpty
        else { return nil }
        var credentials = Credentials(pair: KeyPair(id: AccessKeyID(id), secret: .text(secret)), source: source)
        if let token = json[token]?.string, !token.isEmpty { credentials.sessionToken = .text(token) }
        if let text = json["Expiration"]?.string {
            guard let expiry = Moment.parse(text) else { return nil }
            credentials.expiry = expiry
        }
        return credentials
    }
}
