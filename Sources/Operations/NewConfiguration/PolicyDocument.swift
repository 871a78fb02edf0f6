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
        let document: [String: JSONValue] = [
            "Version": .string("2012-10-17"), "Statement": .array(statements),
        ]
        return JSONValue.object(document).prettyText
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
        discovers = discover.map { (loaded.account($0.account).partition.rawValue, $0) }
    }
}
