internal import AWS
internal import Configuration
internal import JSON
internal import Rotation

/// An IAM policy that allows what keyturn does with this configuration, and nothing else.
package struct PolicyDocument {
    /// Whose policy it is.
    enum Holder {
        /// Whoever runs any command.
        case person
        /// The function: it runs `keyturn lambda` and no other command.
        case function
    }

    /// What is allowed.
    struct Statement: Hashable {
        /// Its `Sid`: letters and digits.
        var name: String
        var actions: [String]
        var resources: [String]
        /// nil: none.
        var condition: JSONValue?

        var json: JSONValue {
            var members: [String: JSONValue] = [
                "Sid": .string(name), "Effect": .string("Allow"), "Action": .array(actions.map { .string($0) }),
                "Resource": .array(Set(resources).sorted().map { .string($0) }),
            ]
            members["Condition"] = condition
            return .object(members)
        }
    }

    /// What every user needs. GetCallerIdentity needs no permission.
    private static let actions = [
        "iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:GetAccessKeyLastUsed", "iam:ListAccessKeys",
        "iam:UpdateAccessKey",
    ]

    var statements: [Statement]

    package func text() throws -> String { document.prettyText }

    var document: JSONValue {
        .object(["Version": .string("2012-10-17"), "Statement": .array(statements.map(\.json))])
    }

    /// `check --online` looks whether a user is there.
    private static func actions(of holder: Holder) -> [String] {
        switch holder {
        case .person: (actions + ["iam:GetUser"]).sorted()
        case .function: actions
        }
    }

    /// The right to rotate these users. One that has a path has it in the ARN, so both forms are named.
    private static func users(
        _ users: [(partition: String, name: String)], _ holder: Holder, _ style: ARNStyle
    ) -> [Statement] {
        let resources = users.flatMap { user in
            ["user/\(user.name)", "user/*/\(user.name)"].map { style.arn(user.partition, "iam", "", $0) }
        }
        return resources.isEmpty
            ? [] : [Statement(name: "KeyturnRotatesAccessKeys", actions: actions(of: holder), resources: resources)]
    }
}

extension PolicyDocument {
    /// The policy for a configuration that is about to be written.
    ///
    /// - Parameter users: IAM user names.
    init(users: [String], partition: Partition) {
        statements = Self.users(users.map { (partition.rawValue, $0) }, .person, ARNStyle())
    }

    /// The policy for a configuration.
    ///
    /// - Parameter finds: whether `find` is to learn whose keys it finds.
    package init(_ context: OperationContext, finds: Bool = false) throws {
        let loaded = try LoadedConfiguration(context)
        guard loaded.hasUsers || finds || !loaded.configuration.discover.isEmpty else {
            throw OperationFailure(
                .configuration,
                "\(loaded.file) has no users, so there is nothing to allow: fill in `users` first")
        }
        self.init(loaded, for: .person)
        if loaded.users.contains(where: { $0.policy.requiredQuiet != nil }) { statements.append(Self.readingUses) }
        if finds { statements.append(Self.finding) }
    }

    /// Who still uses an old key that holds a rotation up, `keyturn uses` asks CloudTrail, which narrows this to nothing. Where no user's
    /// rotation asks for the last use, none is held up by it.
    private static let readingUses = Statement(
        name: "KeyturnReadsUses", actions: ["cloudtrail:LookupEvents"], resources: ["*"])

    /// A key's owner is not known before it is asked for, so no user can be named.
    private static let finding = Statement(
        name: "KeyturnFindsKeys",
        actions: ["iam:GetAccessKeyLastUsed", "iam:ListAccessKeys", "sts:GetAccessKeyInfo"], resources: ["*"])

    /// - Parameter style: how ARNs are written.
    init(_ loaded: LoadedConfiguration, for holder: Holder, _ style: ARNStyle = ARNStyle()) {
        // Where a role is assumed, the users are its own: a function's role is not that one.
        func isOwn(_ account: Configuration.Account) -> Bool { holder == .person || account.role == nil }
        let users = loaded.users.filter { $0.origin == nil && isOwn($0.account) }
        let discover = loaded.configuration.discover
        let found = discover.filter { isOwn($0.account) }
        // A pusher that asks AWS for something signs as a role of its own.
        let accounts = loaded.users.map(\.account) + discover.map(\.account) + loaded.pushers.compactMap(\.account)
        let roles = accounts.compactMap { $0.role?.arn }
        var statements = Self.users(
            users.map { (loaded.account(of: $0).partition.rawValue, $0.userName) }, holder, style)
        for (index, entry) in found.enumerated() {
            let number = found.count > 1 ? "\(index + 1)" : ""
            let partition = loaded.account(entry.account).partition.rawValue
            statements.append(
                Statement(
                    name: "KeyturnRotatesFoundUsers\(number)", actions: Self.actions(of: holder),
                    resources: [style.arn(partition, "iam", "", "user\(entry.path ?? "/")*")],
                    condition: Self.condition(entry)))
        }
        if !found.isEmpty {
            let tags = found.contains { $0.needsTags } ? ["iam:ListUserTags"] : []
            statements.append(
                Statement(name: "KeyturnFindsUsers", actions: tags + ["iam:ListUsers"], resources: ["*"]))
        }
        if !roles.isEmpty {
            statements.append(Statement(name: "KeyturnAssumesRoles", actions: ["sts:AssumeRole"], resources: roles))
        }
        statements += loaded.stateStatements(for: holder, style)
        statements += loaded.sealKeyStatements(style)
        statements += loaded.secretStatements(style)
        self.statements = statements
    }

    /// Only users with the tag.
    private static func condition(_ entry: Configuration.DiscoverEntry) -> JSONValue? {
        guard let tag = entry.tag else { return nil }
        let key = "aws:ResourceTag/\(tag.name)"
        guard let value = tag.value else { return .object(["Null": .object([key: .string("false")])]) }
        return .object(["StringEquals": .object([key: .string(value)])])
    }
}
