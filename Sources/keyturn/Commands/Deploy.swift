internal import ArgumentParser
internal import Operations

struct Deploy: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a CloudFormation template that runs this configuration as an AWS Lambda function.",
        discussion: """
            The template makes the function with a role that may do what this configuration needs and nothing else, its log, a \
            timer, the table of the state, the KMS key where `seal-key` names an alias, a rule for AWS Health's reports of \
            leaked keys, and alarms on errors and on missing events. The table and the key stay when the stack is deleted. \
            Deploy it with `aws cloudformation deploy --capabilities CAPABILITY_NAMED_IAM`; the guide "On AWS Lambda" has every step.

            The state must be in DynamoDB, the seal key must be sealed by KMS, and every other secret must be in Secrets \
            Manager or Parameter Store. What is missing is named with its line, exit status 78. keyturn asks nothing of AWS \
            here and changes nothing.

            Parameters of the template: CodeBucket and CodeKey (the zip; with --image, ImageUri), AlarmTopic (an SNS topic \
            for the alarms; none by default), CreateStorage (false: use the table and the key of an earlier stack).
            """)

    @Flag(help: "Make the function from a container image (parameter ImageUri) instead of a zip in S3.")
    var image = false

    @Flag(help: "Make the IAM users too, in a group that may only assume the role of --assume. No access key is made.")
    var withUsers = false

    @Option(help: ArgumentHelp("The ARN of the role that the users may assume.", valueName: "role-arn"))
    var assume: String?

    @OptionGroup var options: GlobalOptions

    func run() throws {
        do {
            let wanted = try DeploymentTemplate.Options(isImage: image, withUsers: withUsers, assumedRole: assume)
            print(try DeploymentTemplate(OperationContext(options), wanted).text)
        } catch let error as InvalidOption { throw ValidationError(error.message) }
    }
}
