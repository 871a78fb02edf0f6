import PusherKit

/// Writes key pairs into the environment variables of CircleCI's projects and contexts.
struct CircleCI: Pusher {
    let client: Client

    init(configuration: TokenConfiguration) throws(PushFailure) {
        let endpoint = try configuration.endpoint(of: "CircleCI", orElse: "https://circleci.com/api/v2")
        guard !endpoint.description.lowercased().hasPrefix("https://app.circleci.com") else {
            throw PushFailure(
                .invalidConfiguration,
                "CircleCI: endpoint \(endpoint) is the web site: leave it out, and https://circleci.com/api/v2 is asked"
            )
        }
        client = Client(endpoint: endpoint, token: configuration.token)
    }

    func check(_ target: Target, call: borrowing Call) throws(PushFailure) -> String {
        let variables = try client.variables(of: target, call: call)
        let states = [target.accessKeyID, target.secretAccessKey].map { name in
            "\(name) \(variables.contains { $0.name == name } ? "exists" : "will be created")"
        }
        return
            "\(target.subject()): the variables can be read, and whether they may be written shows at the first push; "
            + states.joined(separator: ", ")
    }

    /// The secret first: the end of the key ID can be read, and is then the sign that the secret went before it. A push that
    /// ended between the two is finished by pushing again.
    func push(_ pair: borrowing KeyPair, to target: Target, call: borrowing Call) throws(PushFailure) -> Confirmation {
        let id = SecretBytes(pair.accessKeyID)
        switch target.place {
        case .project(let project): return try push(pair, id, project: project, target, call: call)
        case .context:
            let context = try client.contextID(of: target, call: call)
            return try push(pair, id, context: context, target, call: call)
        }
    }

    private func push(
        _ pair: borrowing KeyPair, _ id: SecretBytes, project: [String], _ target: Target, call: borrowing Call
    ) throws(PushFailure) -> Confirmation {
        let before = try client.variables(of: target, call: call).first { $0.name == target.accessKeyID }
        let secret = try client.write(
            target.secretAccessKey, pair.secretAccessKey, project: project, target, call: call)
        try confirm(secret, target.secretAccessKey, pair.secretAccessKey, target)
        let written = try client.write(target.accessKeyID, id, project: project, target, call: call)
        try confirm(written, target.accessKeyID, id, target)
        let shows = written.variable.ends(as: id) == true && before?.ends(as: id) != true
        return Confirmation(
            shows ? .lastFour : .acknowledged,
            "\(target.subject()): \(target.accessKeyID) written (\(written.status)), "
                + "\(target.secretAccessKey) written (\(secret.status))", changedAt: written.variable.changedAt)
    }

    /// The answer must be about the variable that was written, and must not show another value's end.
    private func confirm(
        _ written: Written, _ name: String, _ value: SecretBytes, _ target: Target
    ) throws(PushFailure) {
        guard written.variable.name == name, written.variable.ends(as: value) != false else {
            throw PushFailure(
                .retryable,
                "\(target.subject(name)): \(written.status), but the answer shows another variable or value: it does not "
                    + "confirm anything")
        }
    }

    private func push(
        _ pair: borrowing KeyPair, _ id: SecretBytes, context: String, _ target: Target, call: borrowing Call
    ) throws(PushFailure) -> Confirmation {
        let before = try client.variables(ofContext: context, target, call: call)
            .first { $0.name == target.accessKeyID }
        let secret = try client.write(
            target.secretAccessKey, pair.secretAccessKey, context: context, target, call: call)
        let written = try client.write(target.accessKeyID, id, context: context, target, call: call)
        // The answer to a write does not show the end of the value; the list does.
        let after = try client.variables(ofContext: context, target, call: call)
        guard let variable = after.first(where: { $0.name == target.accessKeyID }),
            after.contains(where: { $0.name == target.secretAccessKey }), variable.ends(as: id) != false
        else {
            throw PushFailure(
                .retryable,
                "\(target.subject()): \(written), but the list does not show the new key ID: it does not confirm anything"
            )
        }
        return Confirmation(
            evidence(before, variable, id),
            "\(target.subject()): \(target.accessKeyID) written (\(written)), "
                + "\(target.secretAccessKey) written (\(secret))", changedAt: variable.changedAt)
    }

    /// Equal ends of the old and the new key ID cannot be distinguished; then the time of writing decides.
    private func evidence(_ before: Variable?, _ after: Variable, _ id: SecretBytes) -> Evidence {
        if after.ends(as: id) == true, before?.ends(as: id) != true { return .lastFour }
        guard let changedAt = after.changedAt else { return .acknowledged }
        return before?.changedAt == changedAt ? .acknowledged : .timestamp
    }

    func inspect(_ target: Target, call: borrowing Call) throws(PushFailure) -> Inspection {
        let variables = try client.variables(of: target, call: call)
        guard let variable = variables.first(where: { $0.name == target.accessKeyID }) else {
            throw PushFailure(.notFound, "\(target.subject(target.accessKeyID)): there is no such variable yet")
        }
        let end = variable.shown?.withBytes { String(decoding: $0.suffix(4), as: UTF8.self) }
        let shown = end.map { "its value ends in \(oneLine($0, limit: 4)), and CircleCI shows no more" }
        var inspection = Inspection(
            keyID: nil, changedAt: variable.changedAt,
            message: "\(target.subject(target.accessKeyID)): \(shown ?? "CircleCI shows nothing of its value")")
        // "xxxx" alone is CircleCI's mask, without an end.
        inspection.keyIDEnd = end.flatMap { $0.utf8.count == 4 && $0 != "xxxx" ? $0 : nil }
        return inspection
    }
}
