import PusherKit

/// Writes key pairs into the secrets and variables of GitHub repositories, environments and organizations.
struct GitHubActions: Pusher {
    let client: Client

    init(configuration: Configuration) throws(PushFailure) {
        let endpoint = try configuration.checkedEndpoint()
        client = Client(endpoint: endpoint, credential: try configuration.credential(endpoint))
    }

    /// Everything is read before the first write, so that nothing but a write can keep a pair half written. The secret goes
    /// first: whoever sees a newer time, or a new key ID, can then rely on the secret being there.
    func push(_ pair: borrowing KeyPair, to target: Target, call: borrowing Call) throws(PushFailure) -> Confirmation {
        if let file = target.file { return try pushFile(pair, file, to: target, call: call) }
        let (id, secret) = (target.accessKeyID, target.secretAccessKey)
        let isKeyFresh = try client.publicKey(target, call: call).isFresh
        let former = try client.secrets([id, secret], of: target, call: call)
        let access = try client.secretAccess(secret, former[secret], of: target, call: call)
        if target.keyIDAs == .variable {
            return try pushVariable(pair, access, isKeyFresh, former, to: target, call: call)
        }
        let idAccess = try client.secretAccess(id, former[id], of: target, call: call)
        let second = try client.write(
            secret, pair.secretAccessKey, access, isKeyFresh: isKeyFresh, in: target, call: call)
        let first = try client.write(
            id, SecretBytes(pair.accessKeyID), idAccess, isKeyFresh: isKeyFresh, in: target, call: call)
        let message = "\(target.subject()): \(id) \(first.verb), \(secret) \(second.verb)"
        return client.confirm(message, [id, secret], since: former, in: target, call: call)
    }

    /// One write for both parts. What else the secret held is not known, for GitHub shows no values.
    private func pushFile(
        _ pair: borrowing KeyPair, _ file: CredentialsSecret, to target: Target, call: borrowing Call
    ) throws(PushFailure) -> Confirmation {
        let isKeyFresh = try client.publicKey(target, call: call).isFresh
        let former = try client.secrets([file.name], of: target, call: call)
        let access = try client.secretAccess(file.name, former[file.name], of: target, call: call)
        let contents = file.contents.contents(keyID: pair.accessKeyID, secret: pair.secretAccessKey)
        let written = try client.write(
            file.name, contents, access, isKeyFresh: isKeyFresh, in: target, call: call)
        let message = "\(target.subject()): \(file.name) \(written.verb)"
        return client.confirm(message, [file.name], since: former, in: target, call: call)
    }

    func inspect(_ target: Target, call: borrowing Call) throws(PushFailure) -> Inspection {
        let names = target.secretNames
        let name = names[0]
        let secrets = try client.secrets(names, of: target, call: call)
        if target.keyIDAs == .variable {
            guard let variable = try client.variable(name, of: target, call: call) else {
                throw PushFailure(.notFound, "\(target.subject(name)): there is no such variable yet")
            }
            let times = [variable.updatedAt, secrets[target.secretAccessKey]?.updatedAt]
            return Inspection(
                keyID: variable.value, changedAt: newest(times),
                message: "\(target.subject(name)): \(oneLine(variable.value)), last written \(shown(newest(times)))")
        }
        guard let secret = secrets[name] else {
            throw PushFailure(.notFound, "\(target.subject(name)): there is no such secret yet")
        }
        let times = [secret.updatedAt] + names.dropFirst().map { secrets[$0]?.updatedAt }
        return Inspection(
            keyID: nil, changedAt: newest(times),
            message: "\(target.subject(name)): GitHub shows no values; last written \(shown(newest(times)))")
    }

    private func shown(_ time: String?) -> String { time ?? "at a time that cannot be read" }

    /// Writes the key ID into a variable and reads it back.
    ///
    /// A secret of that name may be there from before, and jobs may read it still: it is written too until someone deletes
    /// it, so that no job is left with a dead key.
    private func pushVariable(
        _ pair: borrowing KeyPair, _ access: Access?, _ isKeyFresh: Bool, _ former: SecretList, to target: Target,
        call: borrowing Call
    ) throws(PushFailure) -> Confirmation {
        let name = target.accessKeyID
        let before = try client.variable(name, of: target, call: call)
        let variableAccess = try client.variableAccess(name, before, of: target, call: call)
        let idAccess = try former[name].map { old throws(PushFailure) in
            try client.secretAccess(name, old, of: target, call: call)
        }
        let secret = try client.write(
            target.secretAccessKey, pair.secretAccessKey, access, isKeyFresh: isKeyFresh, in: target, call: call)
        var advice = ""
        if former[name] != nil {
            let id = try client.write(
                name, SecretBytes(pair.accessKeyID), idAccess ?? nil, isKeyFresh: isKeyFresh, in: target, call: call)
            advice = "; the secret of that name was \(id.verb) too: \(target.retirement)"
        }
        let written = try client.setVariable(
            name, pair.accessKeyID, isThere: before != nil, variableAccess, in: target, call: call)
        let message =
            "\(target.subject()): variable \(name) \(written.verb) and read back, "
            + "\(target.secretAccessKey) \(secret.verb)\(advice)"
        return try client.confirmVariable(pair.accessKeyID, message, since: before, in: target, call: call)
    }
}

extension Target {
    /// What to do with a secret that has the variable's name.
    var retirement: String {
        "once every workflow reads vars.\(accessKeyID), delete the secret"
    }
}

/// The newest of some of GitHub's times, as RFC 3339; those that are not there or cannot be read are left out.
func newest(_ times: [String?]) -> String? {
    times.compactMap { $0.flatMap(rfc3339) }.max().map(rfc3339Text)
}
