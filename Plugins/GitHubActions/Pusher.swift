import FoundationEssentials
import PusherKit

/// Writes key pairs into the secrets of GitHub repositories, environments and organizations.
struct GitHubActions: Pusher {
    struct Configuration: Decodable {
        let token: SecretBytes
        let endpoint: Endpoint?
    }

    private let client: Client

    init(configuration: Configuration) throws(PushFailure) {
        guard configuration.token.isVisibleASCII, configuration.token.count > 0 else {
            throw PushFailure(.invalidConfiguration, "GitHub: the token is empty, or has blanks or line ends in it")
        }
        guard let endpoint = configuration.endpoint ?? Endpoint("https://api.github.com") else {
            throw PushFailure(.internal, "GitHub: no endpoint")
        }
        client = Client(endpoint: endpoint, token: configuration.token)
    }

    func check(_ target: Target, call: borrowing Call) throws(PushFailure) -> String {
        _ = try client.publicKey(target, call: call)
        let names = [target.accessKeyID, target.secretAccessKey]
        let secrets = try client.secrets(names, of: target, call: call)
        let states = names.map { name in
            "\(name) \(secrets.contains { $0.isNamed(name) } ? "exists" : "will be created")"
        }
        return "\(target.subject()): the token reads the public key (whether it may write shows at the first push); "
            + states.joined(separator: ", ")
    }

    /// The secret first: whoever sees a newer time at the key ID can then rely on the secret being there.
    func push(_ pair: borrowing KeyPair, to target: Target, call: borrowing Call) throws(PushFailure) -> Confirmation {
        let (key, start) = try client.publicKey(target, call: call)
        guard let secret = key.seal(pair.secretAccessKey), let id = key.seal(SecretBytes(pair.accessKeyID)) else {
            throw PushFailure(.retryable, "\(target.subject()): GitHub gave a public key that is none")
        }
        let secretStatus = try write(target.secretAccessKey, secret, key.id, in: target, call: call)
        let idStatus = try write(target.accessKeyID, id, key.id, in: target, call: call)
        let message =
            "\(target.subject()): \(target.accessKeyID) \(verb(idStatus)), "
            + "\(target.secretAccessKey) \(verb(secretStatus))"
        return try confirm(message, since: start, in: target, call: call)
    }

    func inspect(_ target: Target, call: borrowing Call) throws(PushFailure) -> Inspection {
        let name = target.accessKeyID
        guard let secret = try client.secrets([name], of: target, call: call).first else {
            throw PushFailure(.notFound, "\(target.subject(name)): there is no such secret yet")
        }
        return Inspection(
            keyID: nil, changedAt: secret.updatedAt,
            message: "\(target.subject(name)): GitHub shows no values; last written \(oneLine(secret.updatedAt))")
    }

    private func write(
        _ name: String, _ sealed: String, _ keyID: String, in target: Target, call: borrowing Call
    ) throws(PushFailure) -> Int {
        let access = try client.access(name, of: target, call: call)
        return try client.write(name, sealed, keyID: keyID, access: access, in: target, call: call)
    }

    /// The values cannot be read, but the times of writing can.
    ///
    /// They are compared with the time that GitHub's own answer to the first request of this push had, so that neither
    /// the clock of this machine nor an older write can pass for a new one. Reading the times before the push would
    /// not do: two pushes within one second leave the same time. Without such a time, GitHub's yes has to do.
    private func confirm(
        _ message: String, since start: Date?, in target: Target, call: borrowing Call
    ) throws(PushFailure) -> Confirmation {
        let names = [target.accessKeyID, target.secretAccessKey]
        let secrets = try client.secrets(names, of: target, call: call)
        var changedAt: String?
        for name in names {
            guard let secret = secrets.first(where: { $0.isNamed(name) }) else {
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

    private func verb(_ status: Int) -> String {
        (status == 201 ? "created" : "updated") + " (\(status))"
    }
}
