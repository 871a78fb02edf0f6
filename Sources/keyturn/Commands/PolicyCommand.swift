internal import AWS
internal import ArgumentParser
internal import Configuration
internal import JSON

struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Prints the smallest IAM policy for this configuration.",
        discussion: """
            For the identity that keyturn runs as. The account is not known here, so the ARNs have a `*` in its place, \
            and in that of a user's path; narrow them if you like. One document covers all accounts of one partition. \
            Where `aws` names roles to assume, KeyturnRotatesAccessKeys belongs to the roles, and KeyturnAssumesRoles to \
            the identity that assumes them, which each role's trust policy must name.
            """)

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let workspace = try Workspace(options)
        guard !workspace.users.isEmpty || !workspace.configuration.discover.isEmpty else {
            throw CommandFailure(
                .configuration,
                "\(workspace.configuration.file) has no users, so there is nothing to allow: fill in `users` first")
        }
        let names = workspace.users.filter { $0.origin == nil }.map {
            (workspace.account(of: $0).partition.rawValue, $0.userName)
        }
        let roles = workspace.users.compactMap { $0.account.role?.arn }
        var document = PolicyDocument(users: names, roles: roles)
        document.discovers = workspace.configuration.discover.map {
            (workspace.account($0.account).partition.rawValue, $0)
        }
        document.roles += workspace.configuration.discover.compactMap { $0.account.role?.arn }
        print(try document.text())
    }
}

/// An IAM policy that allows what keyturn does, for these users and no others.
struct PolicyDocument {
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

    func text() throws -> String {
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
