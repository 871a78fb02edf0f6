internal import Configuration
internal import JSON

/// The identity provider and the roles as a CloudFormation template.
struct FederationTemplate {
    let found: Federate.Found

    init(_ found: Federate.Found) { self.found = found }

    private var federation: Federation { found.federation }

    /// The template as JSON.
    var text: String { document.prettyText }

    private var document: JSONValue {
        .object([
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": .string(
                "keyturn: \(federation.roles.count == 1 ? "a role" : "roles") for \(found.place.target) in place of the access key of \(found.user.userName)"
            ),
            "Parameters": [
                // An account has one provider for each URL, and others may use it.
                "CreateProvider": [
                    "Type": "String", "Default": "true", "AllowedValues": ["true", "false"],
                    "Description": .string(
                        "Whether the identity provider is made. false: the account has \(federation.issuer) already, with the audience \(federation.audience)."
                    ),
                ]
            ],
            "Conditions": ["CreatesProvider": ["Fn::Equals": [["Ref": "CreateProvider"], "true"]]],
            "Resources": .object(resources), "Outputs": .object(outputs),
        ])
    }

    private func logicalID(_ role: Federation.Role) -> String {
        (role.purpose.map { $0.prefix(1).uppercased() + $0.dropFirst() } ?? "") + "Role"
    }

    private var resources: [String: JSONValue] {
        var resources: [String: JSONValue] = [
            "Provider": [
                "Type": "AWS::IAM::OIDCProvider", "Condition": "CreatesProvider",
                "Properties": ["Url": .string(federation.issuer), "ClientIdList": [.string(federation.audience)]],
                // Roles of others may have come to trust it.
                "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain",
            ]
        ]
        let existing = "arn:${AWS::Partition}:iam::${AWS::AccountId}:oidc-provider/\(federation.host)"
        let provider: JSONValue = [
            "Fn::If": ["CreatesProvider", ["Ref": "Provider"], ["Fn::Sub": .string(existing)]]
        ]
        for role in federation.roles {
            resources[logicalID(role)] = [
                "Type": "AWS::IAM::Role",
                "Properties": [
                    "RoleName": .string(found.place.roleName(role.purpose)),
                    "AssumeRolePolicyDocument": federation.trustPolicy(of: role, provider: provider),
                ],
            ]
        }
        return resources
    }

    private var outputs: [String: JSONValue] {
        Dictionary(
            uniqueKeysWithValues: federation.roles.map { role in
                (
                    "\(logicalID(role))Arn",
                    [
                        "Description": "What the pipeline assumes. Attach the user's policies to it.",
                        "Value": ["Fn::GetAtt": [.string(logicalID(role)), "Arn"]],
                    ] as JSONValue
                )
            })
    }
}
