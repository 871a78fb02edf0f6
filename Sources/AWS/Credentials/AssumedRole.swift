internal import FoundationEssentials
internal import Rotation
internal import Secrets

/// A role that is assumed with other credentials (AssumeRole).
struct AssumedRole: CredentialSource {
    let role: Account.Role
    let base: any CredentialSource
    let surroundings: CredentialContext
    /// The profile that says so; nil: the configuration does.
    var through: String?

    var name: String { "\(through.map { "profile \($0), " } ?? "")role \(role.arn)" }

    func credentials() async throws(AWSError) -> Credentials? {
        guard let own = try await base.credentials() else {
            throw failure("there are no credentials to assume it with: looked in \(base.name)")
        }
        let client = AuthorizedClient(client: surroundings.sts, source: base)
        do {
            let (reply, used) = try await client.answer(.sts, "AssumeRole", role.parameters, as: own)
            let source = "\(name), assumed with \(used.source)"
            return try STSCredentials.read(
                reply.at("AssumeRoleResult", "Credentials"), source: source, origins: [used] + used.origins)
        } catch {
            let hint =
                error.awsCode?.hasPrefix("AccessDenied") == true
                ? ". The role's trust policy must name this identity, and the identity's policy must allow sts:AssumeRole"
                : ""
            throw failure("\(error.description) (asked with \(own.source))\(hint)", error.code)
        }
    }
}

extension Account.Role {
    /// Names the session in CloudTrail, where no one says how: this machine's.
    static var standardSessionName: String {
        let host = ProcessInfo.processInfo.hostName.unicodeScalars.prefix(56).map { scalar -> Character in
            let isFine =
                scalar.isASCII
                && (scalar.properties.isAlphabetic || "0123456789+=,.@-_".unicodeScalars.contains(scalar))
            return isFine ? Character(scalar) : "-"
        }
        return "keyturn-\(String(host))"
    }

    var parameters: [(String, String)] {
        var parameters = [("RoleArn", arn), ("RoleSessionName", sessionName ?? Self.standardSessionName)]
        if let duration { parameters.append(("DurationSeconds", "\(duration.components.seconds)")) }
        if let externalID { parameters.append(("ExternalId", externalID)) }
        return parameters
    }
}

/// The element in which STS hands out temporary credentials.
enum STSCredentials {
    static func read(
        _ element: XMLElement?, source: String, origins: [Credentials] = []
    ) throws(AWSError) -> Credentials {
        guard let element, let id = element.text("AccessKeyId"), let secret = element.secret("SecretAccessKey"),
            let token = element.secret("SessionToken"), let expiry = Moment.parse(element.text("Expiration")),
            !id.isEmpty, !secret.isEmpty, !token.isEmpty
        else { throw AWSError(.refused, "the answer of STS holds no credentials that can be read") }
        return Credentials(
            pair: KeyPair(id: AccessKeyID(id), secret: .text(secret)), sessionToken: .text(token), expiry: expiry,
            source: source,
            origins: origins)
    }
}
