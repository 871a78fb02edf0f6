import PusherKit

/// Writes key pairs into the Actions secrets and variables of Forgejo and Gitea.
struct Forgejo: Pusher {
    let client: Client

    init(configuration: TokenConfiguration) throws(PushFailure) {
        // No default: a token must not go to someone else's server because the field was forgotten.
        client = Client(endpoint: try configuration.endpoint(of: "Forgejo"), token: configuration.token)
    }

    func check(_ target: Target, call: borrowing Call) throws(PushFailure) -> String {
        var states: [String] = []
        if case .repository = target.place {
            let repository = try client.repository(target, call: call)
            if repository.hasActions == false { states.append("Actions are off in this repository") }
            if repository.isArchived { states.append("the repository is archived, so no jobs run") }
        }
        let secrets = try client.secrets(of: target, call: call)
        func isThere(_ name: String) -> Bool { secrets?.contains { isSameName($0.name, name) } ?? false }
        for item in target.items {
            if item.isVariable {
                let old = try client.variable(item.name, of: target.place, for: target, call: call)
                states.append("\(item.name) \(old == nil ? "will be created" : "exists"), as a variable")
                if isThere(item.name) {
                    states.append("a secret of that name is there as well: delete it once no job reads it")
                }
            } else if secrets != nil {
                states.append("\(item.name) \(isThere(item.name) ? "exists" : "will be created")")
            }
        }
        if case .credentialsFile = target.shape, let name = Self.usual.first(where: isThere) {
            states.append("\(name) is there as well: delete the pair once jobs use the file")
        }
        let right =
            secrets == nil
            ? "the token works, and this Forgejo does not list a user's secrets"
            : "the secrets can be listed, and whether they may be written shows at the first push"
        return "\(target.subject()): "
            + ([right + (states.isEmpty ? "" : ";")] + [states.joined(separator: ", ")])
            .filter { !$0.isEmpty }.joined(separator: " ")
    }

    private static let usual = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]

    /// The secret first: where the key ID is a variable it can be read, and is then the sign that the secret went before it. A
    /// push that ended between the two is finished by pushing again.
    func push(_ pair: borrowing KeyPair, to target: Target, call: borrowing Call) throws(PushFailure) -> Confirmation {
        let secrets = try client.secrets(of: target, call: call) ?? []
        func description(_ name: String) -> String? { secrets.first { isSameName($0.name, name) }?.description }
        func write(_ name: String, _ value: SecretBytes, _ call: borrowing Call) throws(PushFailure) -> Written {
            let status = try client.write(
                secret: name, value, description: description(name), target, call: call)
            return Written(name: name, status: status)
        }
        switch target.shape {
        case .credentialsFile(let name, let file):
            let contents = file.contents(keyID: pair.accessKeyID, secret: pair.secretAccessKey)
            let written = try write(name, contents, call)
            return Confirmation(.acknowledged, "\(target.subject()): \(written.text)")
        case .pair(let idName, let secretName):
            let id = SecretBytes(pair.accessKeyID)
            guard target.keyIDIsVariable else {
                let secret = try write(secretName, pair.secretAccessKey, call)
                let keyID = try write(idName, id, call)
                return Confirmation(.acknowledged, "\(target.subject()): \(keyID.text), \(secret.text)")
            }
            let old = try client.variable(idName, of: target.place, for: target, call: call)
            let secret = try write(secretName, pair.secretAccessKey, call)
            // A job reads the secret or the variable of the name: neither may keep the old key.
            let also = secrets.contains { isSameName($0.name, idName) } ? try write(idName, id, call) : nil
            let status = try client.write(variable: idName, id, over: old, target, call: call)
            try confirm(idName, pair.accessKeyID, target, call: call)
            let texts =
                [Written(name: idName, status: status).text, secret.text] + (also.map { ["secret \($0.text)"] } ?? [])
            return Confirmation(.readBack, "\(target.subject()): " + texts.joined(separator: ", "))
        }
    }

    /// The answer to a write has no body, so the variable is read.
    private func confirm(
        _ name: String, _ keyID: String, _ target: Target, call: borrowing Call
    ) throws(PushFailure) {
        let variable = try client.variable(name, of: target.place, for: target, call: call)
        guard variable?.data.equals(keyID) == true else {
            throw PushFailure(
                .retryable,
                "\(target.subject(name)): written, but the variable does not show the new key ID: it does not confirm anything"
            )
        }
    }

    func inspect(_ target: Target, call: borrowing Call) throws(PushFailure) -> Inspection {
        let item = target.items[0]
        let subject = target.subject(item.name)
        guard item.isVariable else {
            let secrets = try client.secrets(of: target, call: call)
            guard secrets?.contains(where: { isSameName($0.name, item.name) }) != false else {
                throw PushFailure(.notFound, "\(subject): there is no such secret yet")
            }
            // Forgejo shows when a secret was created, and not when it was written.
            return Inspection(keyID: nil, message: "\(subject): Forgejo shows nothing of a secret's value")
        }
        guard let variable = try client.variable(item.name, of: target.place, for: target, call: call) else {
            throw PushFailure(.notFound, "\(subject): there is no such variable yet")
        }
        let keyID = variable.data.text ?? ""
        return Inspection(keyID: keyID, message: "\(subject): \(oneLine(keyID, limit: 128))")
    }
}

/// A write that Forgejo confirmed.
private struct Written {
    let name: String
    let status: Int

    var text: String { "\(name) written (\(status))" }
}
