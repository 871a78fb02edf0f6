internal import Configuration
internal import JSON

/// `keyturn federate --json`: what it takes for a target to need no key.
package struct FederationDocument: Encodable, Sendable {
    /// The identity provider that IAM has to know.
    package struct Provider: Encodable, Sendable {
        package var arn: String
        package var url: String
        package var audience: String
    }

    package struct Role: Encodable, Sendable {
        package var name: String
        package var arn: String
        /// What it is for, where there are several; nil: there is one.
        package var purpose: String?
        var trustPolicy: JSONValue

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(name, forKey: .name)
            try container.encode(arn, forKey: .arn)
            try container.encode(purpose, forKey: .purpose)
            try container.encode(trustPolicy, forKey: .trustPolicy)
        }

        private enum CodingKeys: String, CodingKey {
            case name, arn, purpose
            case trustPolicy = "trust-policy"
        }
    }

    /// What replaces the key in the pipeline.
    package struct Pipeline: Encodable, Sendable {
        package var place: String
        package var text: String
        /// What holds the key today.
        package var variables: [String]
    }

    /// Something to do, in order.
    package struct Step: Encodable, Sendable {
        package var title: String
        package var detail: String
        /// What to type or paste; empty: nothing.
        package var text: String
    }

    package var target: String
    package var user: String
    package var system: String
    package var account: String
    package var provider: Provider
    package var roles: [Role]
    package var pipeline: Pipeline
    package var notes: [String]
    package var steps: [Step]

    init(_ found: Federate.Found) {
        let (place, federation) = (found.place, found.federation)
        provider = Provider(
            arn: "arn:\(place.partition):iam::\(place.accountID):oidc-provider/\(federation.host)",
            url: federation.issuer,
            audience: federation.audience)
        let providerARN = JSONValue.string(provider.arn)
        roles = federation.roles.map { role in
            Role(
                name: place.roleName(role.purpose), arn: place.roleARN(role.purpose), purpose: role.purpose,
                trustPolicy: federation.trustPolicy(of: role, provider: providerARN))
        }
        (target, user, system, account) = (place.target, found.user.name, found.system, place.accountID)
        pipeline = Pipeline(
            place: federation.pipeline.place, text: federation.pipeline.text + "\n", variables: place.variables)
        notes = federation.notes
        steps = []
        steps = FederationSteps(found: found, provider: provider, roles: roles).all
    }
}
