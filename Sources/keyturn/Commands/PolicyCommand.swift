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
            and in that of a user's path; narrow them if you like. One document covers all accounts of one partition.
            """)

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let workspace = try Workspace(options)
        let names = workspace.users.map { (workspace.account(of: $0).partition.rawValue, $0.userName) }
        print(try PolicyDocument(users: names).text())
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

    func text() throws -> String {
        // A user with a path has it in the ARN, so both forms are named.
        let resources = users.flatMap {
            ["arn:\($0.partition):iam::*:user/\($0.name)", "arn:\($0.partition):iam::*:user/*/\($0.name)"]
        }
        let statement: [String: JSONValue] = [
            "Sid": .string("KeyturnRotatesAccessKeys"), "Effect": .string("Allow"),
            "Action": .array(Self.actions.map { .string($0) }),
            "Resource": .array(resources.sorted().map { .string($0) }),
        ]
        return JSONValue.object(["Version": .string("2012-10-17"), "Statement": .array([.object(statement)])])
            .prettyText
    }
}
