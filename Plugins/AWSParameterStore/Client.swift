import PusherKit

/// The requests of one target (Systems Manager API of 2014-11-06).
struct Client: Sendable {
    private static let mostPages = 10

    let target: Target

    /// What there is, but for its value; nil: no such parameter.
    func describe(call: borrowing Call) throws(PushFailure) -> Parameter? {
        var next: String?
        for _ in 0..<Self.mostPages {
            var filter = JSONBody()
            filter.set("Key", "Name")
            filter.set("Option", "Equals")
            filter.set("Values", [target.parameter])
            var body = JSONBody()
            body.set("ParameterFilters", list: [filter.bytes()])
            if let next { body.set("NextToken", next) }
            let answer = try ask("ssm:DescribeParameters", body, call: call)
            guard answer.isYes(200), let page = answer.json(Page<Parameter>.self) else { throw failure(answer) }
            if let found = page.parameters.first(where: { $0.name == target.parameter }) { return found }
            guard let token = page.next, !token.isEmpty else { return nil }
            next = token
        }
        throw PushFailure(.retryable, "\(target.subject): AWS gives more and more pages")
    }

    /// The value; nil: no such parameter.
    func value(call: borrowing Call) throws(PushFailure) -> ParameterValue? {
        var body = JSONBody()
        body.set("Name", target.parameter)
        body.set("WithDecryption", true)
        let answer = try ask("ssm:GetParameter", body, call: call)
        if answer.awsErrorCode == "ParameterNotFound" { return nil }
        guard answer.isYes(200), let found = answer.json(ParameterValue.self) else { throw failure(answer) }
        return found
    }

    /// Writes the value as one more version.
    ///
    /// - Parameter old: what there is, which keeps its settings; nil: it is created.
    /// - Returns: the version's number.
    func put(_ value: SecretBytes, over old: Parameter?, call: borrowing Call) throws(PushFailure) -> Int {
        var body = JSONBody()
        body.set("Name", target.parameter)
        body.set("Type", Parameter.secure)
        // One that was created in the meantime is looked at first.
        body.set("Overwrite", old != nil)
        if let key = target.key ?? old?.key { body.set("KeyId", key) }
        if let tier = old?.tier { body.set("Tier", tier) }
        if let description = old?.description { body.set("Description", description) }
        if let pattern = old?.pattern { body.set("AllowedPattern", pattern) }
        body.set("Value", value)
        let answer = try ask("ssm:PutParameter", body, call: call)
        guard answer.isYes(200), let written = answer.json(WrittenVersion.self) else { throw failure(answer) }
        return written.version
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
