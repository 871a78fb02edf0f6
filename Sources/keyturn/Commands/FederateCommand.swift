internal import ArgumentParser
internal import Operations

struct FederateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "federate",
        abstract: "Show what a target needs to do without a key: a role, its trust policy, the change to the pipeline.",
        discussion: """
            For CI systems whose jobs can exchange an OIDC token of their own for credentials of AWS. Print the commands that \
            make the identity provider and a role that only this place can assume, the lines for the pipeline, and how to retire \
            the key afterwards. With --cloudformation, print a template of the provider and the role instead. \
            Changes nothing; without --account, asks STS which account the user is in.

            What a target does not say is asked for by name: --branch, or --id NAME=VALUE, such as \
            --id project-id=0f5ae8a1-2b6c-4d3e-8f90-1a2b3c4d5e6f. The key of an organization, a group or a context serves many \
            places: name one of them, such as --id repository=acme/app.

            Exit status: 1 the target's system cannot federate; 64 something has to be added.
            """)

    @Argument(
        help: "The target's name, as `keyturn status` shows it: github:acme/app.", completion: Suggestions.targets)
    var target: String

    @Option(help: "Only jobs of this branch may assume the role.")
    var branch: String?

    @Option(
        help:
            "What the token's `sub` must be, where the system is configured to build another one. Default: the usual one."
    )
    var sub: String?

    @Option(
        help: ArgumentHelp(
            "Something that the target does not say; may be given several times.", valueName: "name=value"))
    var id: [String] = []

    @Option(
        help: ArgumentHelp("Who issues the tokens. Default: what the system and its address say.", valueName: "url"))
    var issuer: String?

    @Option(
        help: ArgumentHelp("The AWS account, in 12 digits. Default: the user's; STS is asked.", valueName: "number"))
    var account: String?

    @Option(help: ArgumentHelp("The role's name. Default: made of the user and the target.", valueName: "name"))
    var role: String?

    @Flag(
        help: "Print a CloudFormation template (JSON) of the provider and the role, for any account. Makes no requests."
    )
    var cloudformation = false

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if cloudformation, account != nil {
            throw ValidationError("--account has no effect on --cloudformation: the template fits every account")
        }
    }

    func run() async throws {
        var query = Federate.Query()
        (query.branch, query.subject, query.issuer) = (branch, sub, issuer)
        (query.account, query.role, query.ids) = (account, role, id)
        let federate = try await Federate(OperationContext(options))
        if cloudformation {
            print(try federate.template(target, query))
            return
        }
        let document = try await federate.document(target, query)
        if options.json {
            try JSONOutput.print(own: document)
        } else {
            let terminal = Terminal(options)
            terminal.write(FederateText(document: document, terminal: terminal).text)
        }
    }
}
