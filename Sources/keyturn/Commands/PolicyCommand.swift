internal import ArgumentParser
internal import Operations

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

    @Flag(help: "Also what `keyturn find` asks: whose the keys are that it finds, among all users of the account.")
    var find = false

    @OptionGroup var options: GlobalOptions

    func run() throws { print(try PolicyDocument(OperationContext(options), finds: find).text()) }
}
