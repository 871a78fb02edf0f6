internal import FileTrust
internal import FoundationEssentials

/// A role that is assumed with a token from a file (AssumeRoleWithWebIdentity): IAM roles for service accounts, and
/// whatever else puts an OpenID Connect token into a file. The file is read again each time: it is replaced before it ends.
struct WebIdentityCredentials: CredentialSource {
    /// STS takes up to 20,000 characters.
    private static let longestToken = 20_000

    let file: String
    let role: Account.Role
    let surroundings: CredentialContext
    /// "the environment", "profile ci".
    let place: String

    /// What `AWS_WEB_IDENTITY_TOKEN_FILE`, `AWS_ROLE_ARN` and `AWS_ROLE_SESSION_NAME` say; nil: nothing.
    static func environment(_ surroundings: CredentialContext) -> WebIdentityCredentials? {
        guard let file = surroundings.variable("AWS_WEB_IDENTITY_TOKEN_FILE") else { return nil }
        var role = Account.Role(arn: surroundings.variable("AWS_ROLE_ARN") ?? "")
        role.sessionName = surroundings.variable("AWS_ROLE_SESSION_NAME")
        return WebIdentityCredentials(file: file, role: role, surroundings: surroundings, place: "the environment")
    }

    var name: String { "the web identity token in \(file) (\(place))" }

    func credentials() async throws(AWSError) -> Credentials? {
        guard !role.arn.isEmpty else { throw failure("AWS_WEB_IDENTITY_TOKEN_FILE is set, and AWS_ROLE_ARN is not") }
        // A token that was replaced just now, or an issuer that STS did not reach, is a matter of a moment.
        return try await RepeatedSource.credentials { () throws(AWSError) in try await assumed() }
    }

    private func assumed() async throws(AWSError) -> Credentials? {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw failure("the file cannot be read: \(FileAccess.refusal(unread: file))")
        }
        let token = String(decoding: data.prefix(Self.longestToken + 2), as: UTF8.self).trimmed
        guard (4...Self.longestToken).contains(token.utf8.count) else {
            throw failure("the file holds no token of 4 to \(Self.longestToken) characters")
        }
        do {
            let reply = try await surroundings.sts.call(
                .sts, "AssumeRoleWithWebIdentity", role.parameters + [("WebIdentityToken", token)], as: nil)
            let source = "role \(role.arn), assumed with \(name)"
            return try STSCredentials.read(
                reply.at("AssumeRoleWithWebIdentityResult", "Credentials"), source: source)
        } catch { throw AWSError(error.code, failure(error.description).description, awsCode: error.awsCode) }
    }
}
