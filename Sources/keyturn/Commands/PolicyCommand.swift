internal import ArgumentParser
internal import Operations

struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Print the smallest IAM policy for this configuration.",
        discussion: """
            For the identity that keyturn runs as. The account is not known here, so the ARNs have a `*` in its place, \
            and in that of a user's path; narrow them if you like. One document covers all accounts of one partition. \
            Where `aws` names roles to assume, KeyturnRotatesAccessKeys belongs to the roles, and KeyturnAssumesRoles to \
            the identity that assumes them, which each role's trust policy must name. KeyturnReadsUses is what `keyturn uses` \
            asks CloudTrail where the old key's last use counts; leave it out if you give log files to it. With --pusher, prints the policy for \
            the identity that a pusher of AWS Secrets Manager or the Parameter Store signs with; where a KMS key of your \
            own encrypts, add kms:GenerateDataKey and kms:Decrypt on that key.
            """)

    @Flag(
        help: """
            Also what `keyturn find` asks: whose the keys are that it finds, among all users of the account. With --pusher, \
            listing secrets or parameters that no target names.
            """)
    var find = false

    @OptionGroup var options: GlobalOptions

    @Option(name: .long, help: ArgumentHelp("Print the policy for the identity of this pusher.", valueName: "name"))
    var pusher: String?

    func run() throws {
        let context = OperationContext(options)
        let policy =
            try pusher.map { try PolicyDocument(context, pusher: $0, finds: find) }
            ?? PolicyDocument(context, finds: find)
        print(try policy.text())
    }
}
