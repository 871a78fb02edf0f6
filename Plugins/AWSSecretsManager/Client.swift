import PusherKit

/// The requests of one target (Secrets Manager API of 2017-10-17).
struct Client: Sendable {
    let target: Target

    /// What there is, but for its value.
    func describe(call: borrowing Call) throws(PushFailure) -> StoredSecret {
        let answer = try ask("secretsmanager:DescribeSecret", body(), call: call)
        guard answer.isYes(200), let found = answer.json(StoredSecret.self) else { throw failure(answer) }
        return found
    }

    /// The value that readers get; nil: the secret has none yet.
    func value(call: borrowing Call) throws(PushFailure) -> SecretValue? {
        let answer = try ask("secretsmanager:GetSecretValue", body(), call: call)
        if answer.awsErrorCode == "ResourceNotFoundException" { return nil }
        guard answer.isYes(200), let found = answer.json(SecretValue.self) else { throw failure(answer) }
        return found
    }

    /// Writes the value as a version of its own, which becomes the current one.
    ///
    /// - Returns: the version's ID; nil: another value was written under that token.
    func put(_ value: SecretBytes, token: String, call: borrowing Call) throws(PushFailure) -> String? {
        var body = body()
        body.set("ClientRequestToken", token)
        body.set("SecretString", value)
        let answer = try ask("secretsmanager:PutSecretValue", body, call: call)
        if answer.awsErrorCode == "ResourceExistsException" { return nil }
        guard answer.isYes(200), let written = answer.json(WrittenSecret.self) else { throw failure(answer) }
        return written.version
    }

    private func body() -> JSONBody {
        var body = JSONBody()
        body.set("SecretId", target.secret)
        return body
    }

    private func ask(
        _ operation: String, _ body: consuming JSONBody, call: borrowing Call
    ) throws(PushFailure) -> HTTPResponse {
        try call.aws(AWSRequest(operation, region: target.region, body), about: target.subject)
    }

    private func failure(_ answer: HTTPResponse) -> PushFailure {
        Answer(answer, text: answer.awsErrorText).failure(about: target.subject, Answers.rows)
    }
}
