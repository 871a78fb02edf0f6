import PusherKit

/// Writes key pairs into Secrets of a Kubernetes cluster.
struct Kubernetes: Pusher {
    let client: Client

    init(configuration: TokenConfiguration) throws(PushFailure) {
        client = Client(endpoint: try configuration.endpoint(of: "Kubernetes"), token: configuration.token)
    }

    func check(_ target: Target, call: borrowing Call) throws(PushFailure) -> String {
        let secret = try client.read(target, call: call)
        guard !secret.isImmutable else { throw Answers(target: target).immutable }
        let mayWrite = try client.mayWrite(target, call: call)
        guard mayWrite != false else {
            throw PushFailure(
                .unauthorized,
                "\(target.subject): the token may read it and not change it: add the verb patch for secrets, resourceNames "
                    + "[\(target.secret)], to its Role in namespace \(target.namespace)")
        }
        let right =
            mayWrite == nil
            ? "the Secret can be read; the cluster does not say whether it can be written"
            : "the Secret can be read and written"
        let states = [target.accessKeyID, target.secretAccessKey].map { name in
            "\(name) \(secret.has(name) ? "exists" : "will be added")"
        }
        let owners =
            secret.owners.isEmpty
            ? ""
            : "; it belongs to \(secret.owners.joined(separator: ", ")), which may write it again: make sure that it leaves these keys alone"
        return "\(target.subject): \(right); " + states.joined(separator: ", ") + owners
    }

    /// One request writes both keys, so no one reads halves of two pairs; its answer shows what the Secret holds since.
    func push(_ pair: borrowing KeyPair, to target: Target, call: borrowing Call) throws(PushFailure) -> Confirmation {
        let before = try client.read(target, call: call)
        if before.holds(pair, target) {
            return Confirmation(.readBack, "\(target.subject): it holds this pair already", isUnchanged: true)
        }
        guard !before.isImmutable else { throw Answers(target: target).immutable }
        let after = try client.write(pair, over: before.resourceVersion, to: target, call: call)
        guard after.holds(pair, target) else {
            throw PushFailure(
                .retryable,
                "\(target.subject): written, but the answer does not show the new pair: it does not confirm anything")
        }
        return Confirmation(
            .readBack, "\(target.subject): \(target.accessKeyID) and \(target.secretAccessKey) written by one request")
    }

    func inspect(_ target: Target, call: borrowing Call) throws(PushFailure) -> Inspection {
        let secret = try client.read(target, call: call)
        guard let keyID = secret.value(target.accessKeyID)?.text else {
            throw PushFailure(
                .notFound,
                "\(target.subject): \(secret.has(target.accessKeyID) ? "\(target.accessKeyID) is not text" : "it has no \(target.accessKeyID) yet")"
            )
        }
        return Inspection(
            keyID: keyID, message: "\(target.subject): \(target.accessKeyID) is \(oneLine(keyID, limit: 128))")
    }
}
