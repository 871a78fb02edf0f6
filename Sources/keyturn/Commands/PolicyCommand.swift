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
        let names = workspace.users.map { (workspace.account(of: $0).partition.rawValue, $0.userName) }
        let roles = workspace.users.compactMap { $0.account.role?.arn }
        print(try PolicyDocument(users: names, roles: roles).text())
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

    func text() throws -> String {
        // A user with a path has it in the ARN, so both forms are named.
        let resources = users.flatMap {
            ["arn:\($0.partition):iam::*:user/\($0.name)", "arn:\($0.partition):iam::*:user/*/\($0.name)"]
        }
        let rotating = Self.statement("KeyturnRotatesAccessKeys", Self.actions, resources)
        let assuming = roles.isEmpty ? [] : [Self.statement("KeyturnAssumesRoles", ["sts:AssumeRole"], roles)]
        let document: [String: JSONValue] = [
            "Version": .string("2012-10-17"), "Statement": .array([rotating] + assuming),
        ]
        return JSONValue.object(document).prettyText
    }

    private static func statement(_ name: String, _ actions: [String], _ resources: [String]) -> JSONValue {
        .object([
            "Sid": .string(name), "Effect": .string("Allow"), "Action": .array(actions.map { .string($0) }),
            "Resource": .array(Set(resources).sorted().map { .string($0) }),
        ])
    }
}
