import FoundationEssentials
import PusherKit

/// Writes key pairs into the secrets and variables of GitHub repositories, environments and organizations.
struct GitHubActions: Pusher {
    let client: Client

    init(configuration: Configuration) throws(PushFailure) {
        let endpoint = try configuration.checkedEndpoint()
        client = Client(endpoint: endpoint, credential: try configuration.credential(endpoint))
    }

    /// The secret first: whoever sees a newer time, or a new key ID, can then rely on the secret being there.
    func push(_ pair: borrowing KeyPair, to target: Target, call: borrowing Call) throws(PushFailure) -> Confirmation {
        let secret = try client.write(target.secretAccessKey, pair.secretAccessKey, in: target, call: call)
        if target.keyIDAs == .variable { return try pushVariable(pair, secret, to: target, call: call) }
        let id = try client.write(target.accessKeyID, SecretBytes(pair.accessKeyID), in: target, call: call)
        let message =
            "\(target.subject()): \(target.accessKeyID) \(id.verb), \(target.secretAccessKey) \(secret.verb)"
        return try confirm(message, since: secret.since, in: target, call: call)
    }

    func inspect(_ target: Target, call: borrowing Call) throws(PushFailure) -> Inspection {
        let name = target.accessKeyID
        if target.keyIDAs == .variable {
            guard let variable = try client.variable(name, of: target, call: call) else {
                throw PushFailure(.notFound, "\(target.subject(name)): there is no such variable yet")
            }
            return Inspection(
                keyID: variable.value, changedAt: variable.updatedAt,
                message: "\(target.subject(name)): \(oneLine(variable.value)), last written "
                    + oneLine(variable.updatedAt))
        }
        guard let secret = try client.secrets([name], of: target, call: call)[name] else {
            throw PushFailure(.notFound, "\(target.subject(name)): there is no such secret yet")
        }
        return Inspection(
            keyID: nil, changedAt: secret.updatedAt,
            message: "\(target.subject(name)): GitHub shows no values; last written \(oneLine(secret.updatedAt))")
    }

    /// Writes the key ID into a variable and reads it back.
    ///
    /// A secret of that name may be there from before, and jobs may read it still: it is kept up with until somebody
    /// deletes it, so that no job is left with a dead key.
    private func pushVariable(
        _ pair: borrowing KeyPair, _ secret: Client.Written, to target: Target, call: borrowing Call
    ) throws(PushFailure) -> Confirmation {
        let name = target.accessKeyID
        var advice = ""
        if try client.secret(name, of: target, call: call) != nil {
            let id = try client.write(name, SecretBytes(pair.accessKeyID), in: target, call: call)
            advice = "; the secret of that name was \(id.verb) too: \(target.retirement)"
        }
        let written = try client.setVariable(name, pair.accessKeyID, in: target, call: call)
        guard let variable = try client.variable(name, of: target, call: call), variable.value == pair.accessKeyID
        else {
            throw PushFailure(
                .retryable,
                "\(target.subject(name)): written, but GitHub shows another value: it is not taken as a yes")
        }
        let message =
            "\(target.subject()): variable \(name) \(written.verb) and read back, "
            + "\(target.secretAccessKey) \(secret.verb)\(advice)"
        return Confirmation(.readBack, message, changedAt: variable.updatedAt)
    }

    /// The values of secrets cannot be read, but the times of writing can.
    ///
    /// They are compared with the time that GitHub's own answer to the first write of this push had, so that neither
    /// the clock of this machine nor an older write can pass for a new one. Reading the times before the push would
    /// not do: two pushes within one second leave the same time. Without such a time, GitHub's yes has to do.
    private func confirm(
        _ message: String, since start: Date?, in target: Target, call: borrowing Call
    ) throws(PushFailure) -> Confirmation {
        let names = [target.accessKeyID, target.secretAccessKey]
        let secrets = try client.secrets(names, of: target, call: call)
        var changedAt: String?
        for name in names {
            guard let secret = secrets[name] else {
                throw PushFailure(.retryable, "\(target.subject(name)): written, but GitHub does not list it yet")
            }
            if let start, !secret.isWritten(since: start) {
                throw PushFailure(
                    .retryable,
                    "\(target.subject(name)): written, but GitHub still shows the time \(oneLine(secret.updatedAt)): "
                        + "it is not taken as a yes")
            }
            changedAt = changedAt ?? secret.updatedAt
        }
        return Confirmation(start == nil ? .acknowledged : .timestamp, message, changedAt: changedAt)
    }
}

extension Target {
    /// What to do with a secret that has the variable's name.
    var retirement: String {
        "once every workflow reads vars.\(accessKeyID), delete the secret"
    }
}
