internal import JSON

/// How the jobs of one place get credentials of AWS without a key: what IAM has to know, and what the pipeline does.
struct Federation: Sendable {
    /// A role, and which tokens may assume it.
    struct Role: Sendable {
        /// What sets it apart where a place has several roles, such as `plan`; nil: it has one.
        var purpose: String?
        /// What claims of the token must be, besides its audience, by the name of the claim.
        var claims: [String: ClaimValue]
    }

    /// What replaces the keys in the pipeline.
    struct Pipeline: Sendable {
        /// Where it belongs: a file, or a place in the system's settings.
        var place: String
        var text: String
    }

    /// The token's `iss`: an https URL.
    var issuer: String
    /// The token's `aud`.
    var audience: String
    var roles: [Role]
    var pipeline: Pipeline
    /// What has to be known before it is used, a sentence each.
    var notes: [String]
    /// A command that shows what keyturn did not ask; nil: there is none.
    var question: String?

    /// The issuer as IAM writes it in ARNs and condition keys.
    var host: String { String(issuer.dropFirst("https://".count)) }

    /// The trust policy of one of its roles.
    ///
    /// Every condition is in one of two blocks, and both must hold. There is never `ForAllValues`: it holds for a token without the claim.
    ///
    /// - Parameter provider: the identity provider's ARN, or what a template has in its place.
    func trustPolicy(of role: Role, provider: JSONValue) -> JSONValue {
        var blocks: [String: [String: JSONValue]] = ["StringEquals": ["\(host):aud": .string(audience)]]
        for (claim, value) in role.claims {
            blocks[value.isExact ? "StringEquals" : "StringLike", default: [:]]["\(host):\(claim)"] = .string(
                value.text)
        }
        return [
            "Version": "2012-10-17",
            "Statement": [
                [
                    "Effect": "Allow", "Principal": ["Federated": provider],
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": .object(blocks.mapValues { .object($0) }),
                ]
            ],
        ]
    }
}
