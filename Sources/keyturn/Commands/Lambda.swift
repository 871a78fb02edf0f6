internal import ArgumentParser
internal import Operations

struct Lambda: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run as an AWS Lambda function: one step for each event.",
        discussion: """
            Answers the runtime API that Lambda names in AWS_LAMBDA_RUNTIME_API. Each event makes keyturn do what is due, \
            whatever the event says; a timer is enough. The one exception is an event that says that a key has leaked, from AWS \
            Health or as {"keyturn": {"revoke": "AKIA…"}}: that key is revoked as by `keyturn revoke`, at most one for each user \
            within an hour.

            The state must outlive the environment: use DynamoDB or PostgreSQL. The function's timeout must be longer than one \
            push may take (`push-timeout`); what is not done in time is done at the next event. The response says what was done \
            and what is due next. What needs a person is a function error, which counts in the metric Errors.

            The log is JSON, unless --log-format or KEYTURN_LOG_FORMAT says otherwise.

            Lambda refuses what pushers are sandboxed with. Only the pushers that came with keyturn run without; `plugins: { \
            accept-missing: […] }` allows others.
            """)

    @OptionGroup var options: GlobalOptions

    @Flag(help: "Accept a state that is a file, because it is on storage that outlives the environment, such as EFS.")
    var acceptFileState = false

    func run() async throws {
        try await LambdaFunction(OperationContext(options), acceptsFile: acceptFileState).run()
    }
}
