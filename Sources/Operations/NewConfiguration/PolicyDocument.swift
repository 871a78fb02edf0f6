internal import AWS
internal import Configuration
internal import JSON

/// An IAM policy that allows what keyturn does, for these users and no others.
package struct PolicyDocument {
    /// GetCallerIdentity needs no permission.
    static let actions = [
        "iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:GetAccessKeyLastUsed", "iam:GetUser", "iam:ListAccessKeys",
        "iam:UpdateAccessKey",
    ]

    /// Partition and IAM user name.
    var users: [(partition: String, name: String)]
    /// ARNs of the roles that are assumed.
    var roles: [String] = []
    /// Which users are looked for, with the partition.
    var discovers: [(partition: String, entry: Configuration.DiscoverEntry)] = []
    /// ARNs of the KMS keys that seal the seal keys.
    var sealingKeys: [String] = []
    /// ARNs of secrets of Secrets Manager, and of parameters.
    var secrets: [String] = []
    var parameters: [String] = []

    package func text() throws -> String {
        // A user with a path has it in the ARN, so both forms are named.
        let resources = users.flatMap {
            ["arn:\($0.partition):iam::*:user/\($0.name)", "arn:\($0.partition):iam::*:user/*/\($0.name)"]
        }
        var statements = resources.isEmpty ? [] : [Self.statement("KeyturnRotatesAccessKeys", Self.actions, resources)]
        for (index, (partition, entry)) in discovers.enumerated() {
            let resource = "arn:\(partition):iam::*:user\(entry.path ?? "/")*"
            let name = "KeyturnRotatesFoundUsers\(discovers.count > 1 ? "\(index + 1)" : "")"
            statements.append(Self.statement(name, Self.actions, [resource], Self.condition(entry)))
        }
        if !discovers.isEmpty {
            let tags = discovers.contains { $0.entry.needsTags } ? ["iam:ListUserTags"] : []
            statements.append(Self.statement("KeyturnFindsUsers", tags + ["iam:ListUsers"], ["*"]))
        }
        if !roles.isEmpty { statements.append(Self.statement("KeyturnAssumesRoles", ["sts:AssumeRole"], roles)) }
        if !sealingKeys.isEmpty { statements.append(Self.sealKeyStatement(sealingKeys)) }
        if !secrets.isEmpty {
            statements.append(Self.statement("KeyturnReadsSecrets", ["secretsmanager:GetSecretValue"], secrets))
        }
        if !parameters.isEmpty {
            statements.append(Self.statement("KeyturnReadsParameters", ["ssm:GetParameter"], parameters))
        }
        let document: [String: JSONValue] = [
            "Version": .string("2012-10-17"), "Statement": .array(statements),
        ]
        return JSONValue.object(document).prettyText
    }

    /// Opens seal keys, and nothing else that the KMS key sealed. `keyturn seal-key new` is a person's, and needs
    /// kms:GenerateDataKeyWithoutPlaintext besides.
    static func sealKeyStatement(_ keys: [String]) -> JSONValue {
        let context = LoadedConfiguration.sealKeyContext.map {
            (key: "kms:EncryptionContext:\($0.key)", value: JSONValue.string($0.value))
        }
        let condition = JSONValue.object(["StringEquals": .object(Dictionary(context) { first, _ in first })])
        // A policy for an alias says nothing: what is allowed is allowed on the key.
        let aliases = keys.filter { $0.contains(":alias/") }
        let resources = keys.map { key in
            aliases.contains(key) ? key.prefix { $0 != "/" }.replacing(":alias", with: ":key") + "/*" : key
        }
        var statement = statement("KeyturnOpensItsSealKey", ["kms:Decrypt"], resources, condition)
        if !aliases.isEmpty, case .object(var members) = statement {
            let names = aliases.compactMap { $0.split(separator: ":").last.map { JSONValue.string(String($0)) } }
            members["Condition"] = condition.setting([
                "ForAnyValue:StringEquals": .object(["kms:ResourceAliases": .array(names)])
            ])
            statement = .object(members)
        }
        return statement
    }

    /// Only users with the tag.
    private static func condition(_ entry: Configuration.DiscoverEntry) -> JSONValue? {
        guard let tag = entry.tag else { return nil }
        let key = "aws:ResourceTag/\(tag.name)"
        guard let value = tag.value else { return .object(["Null": .object([key: .string("false")])]) }
        return .object(["StringEquals": .object([key: .string(value)])])
    }

    private static func statement(
        _ name: String, _ actions: [String], _ resources: [String], _ condition: JSONValue? = nil
    ) -> JSONValue {
        var members: [String: JSONValue] = [
            "Sid": .string(name), "Effect": .string("Allow"), "Action": .array(actions.map { .string($0) }),
            "Resource": .array(Set(resources).sorted().map { .string($0) }),
        ]
        members["Condition"] = condition
        return .object(members)
    }
}

extension PolicyDocument {
    /// The policy for a configuration.
    package init(_ context: OperationContext) throws {
        let loaded = try LoadedConfiguration(context)
        let discover = loaded.configuration.discover
        guard loaded.hasUsers || !discover.isEmpty else {
            throw OperationFailure(
                .configuration,
                "\(loaded.file) has no users, so there is nothing to allow: fill in `users` first")
        }
        users = loaded.users.filter { $0.origin == nil }.map {
            (loaded.account(of: $0).partition.rawValue, $0.userName)
        }
        roles = loaded.users.compactMap { $0.account.role?.arn } + discover.compactMap { $0.account.role?.arn }
        sealingKeys = loaded.configuration.sealKeys.compactMap { source in
            if case .kms(let key) = source { key.key } else { nil }
        }
        let region = loaded.account(loaded.configuration.account).region
        let place = "\(Partition(region: region).rawValue):SERVICE:\(region):*"
        for reference in loaded.secretReferences {
            switch reference.source {
            case .secretsManager(let id, _):
                // The ARN of a secret ends in six random characters.
                secrets.append(
                    id.hasPrefix("arn:")
                        ? id : "arn:\(place.replacing("SERVICE", with: "secretsmanager")):secret:\(id)-??????")
            case .parameter(let name):
                // A version or a label is not part of the ARN; nor is the slash at the beginning doubled.
                let path = name.hasPrefix("arn:") ? name : String(name.prefix { $0 != ":" })
                let slash = path.hasPrefix("/") ? "" : "/"
                parameters.append(
                    path.hasPrefix("arn:")
                        ? path : "arn:\(place.replacing("SERVICE", with: "ssm")):parameter\(slash)\(path)")
            case .environment, .file, .command: break
            }
        }
        discovers = discover.map { (loaded.account($0.account).partition.rawValue, $0) }
    }
}
