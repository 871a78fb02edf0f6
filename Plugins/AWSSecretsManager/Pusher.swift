import PusherKit

/// Writes key pairs into secrets of AWS Secrets Manager, the whole pair as one value.
struct AWSSecretsManager: Pusher {
    init(configuration: Configuration) throws(PushFailure) {}

    func check(_ target: Target, call: borrowing Call) throws(PushFailure) -> String {
        let client = Client(target: target)
        let secret = try writable(target, client, call: call)
        if !target.replaces { _ = try kept(target, client, call: call) }
        let state = secret.current == nil ? "it has no value yet" : "it has a value"
        return "\(target.subject): \(state); whether the pusher's identity may write it shows at the first push"
    }

    func push(_ pair: borrowing KeyPair, to target: Target, call: borrowing Call) throws(PushFailure) -> Confirmation {
        let client = Client(target: target)
        let before = try writable(target, client, call: call)
        let old = target.replaces ? nil : try kept(target, client, call: call)
        // What an earlier push wrote whose answer was lost.
        if let old, target.document.holds(pair, in: old.text) {
            return Confirmation(
                .readBack, "\(target.subject): the current version holds the pair already", isUnchanged: true,
                changedAt: before.changedAt)
        }
        guard let value = target.document.contents(pair, keeping: old?.text) else { throw unkept(target) }
        let version = try write(value, of: pair, over: before, target, client, call: call)
        let after = try client.describe(call: call)
        guard after.current == version else {
            throw PushFailure(
                .retryable,
                "\(target.subject): written, but its current version is another one: someone else wrote at the same time"
            )
        }
        // Read before, and no longer what was there when the write came.
        if let read = old?.version, let previous = after.previous, previous != read {
            call.log(
                .warning,
                "\(target.subject): someone else wrote between the version that was read and this one: what they changed may be lost, and is in the version AWSPREVIOUS"
            )
        }
        return Confirmation(
            .version, "\(target.subject): written, and its version is the current one", changedAt: after.changedAt)
    }

    /// Writes, under the same token as an earlier push that wrote the same.
    ///
    /// - Returns: the ID of the version.
    private func write(
        _ value: SecretBytes, of pair: borrowing KeyPair, over secret: StoredSecret, _ target: Target, _ client: Client,
        call: borrowing Call
    ) throws(PushFailure) -> String {
        let fresh = WriteToken.make(keyID: pair.accessKeyID, over: secret)
        let own = secret.current.flatMap { $0.hasPrefix(WriteToken.start(keyID: pair.accessKeyID)) ? $0 : nil }
        // The current version is of this key: AWS says yes to the same once more, and to anything else no.
        for token in [own, fresh].compactMap({ $0 }) {
            if let version = try client.put(value, token: token, call: call) { return version }
        }
        throw PushFailure(
            .retryable, "\(target.subject): a version with this ID has another value")
    }

    func inspect(_ target: Target, call: borrowing Call) throws(PushFailure) -> Inspection {
        let client = Client(target: target)
        let secret = try client.describe(call: call)
        guard !target.replaces else {
            return Inspection(
                keyID: nil, changedAt: secret.changedAt,
                message: "\(target.subject): with replace: true its value is not read")
        }
        guard let text = try client.value(call: call)?.text, let keyID = target.document.keyID(in: text) else {
            throw PushFailure(.notFound, "\(target.subject): its current version holds no access key ID")
        }
        return Inspection(
            keyID: keyID, changedAt: secret.changedAt,
            message: "\(target.subject): its current version holds \(oneLine(keyID, limit: 128))")
    }

    /// The secret, unless it is one that is not keyturn's to write.
    private func writable(
        _ target: Target, _ client: Client, call: borrowing Call
    ) throws(PushFailure) -> StoredSecret {
        let secret = try client.describe(call: call)
        let obstacle: String?
        if secret.isDeleted {
            obstacle = "it is marked for deletion: restore it (aws secretsmanager restore-secret)"
        } else if let owner = secret.owner, !owner.isEmpty {
            obstacle = "\(oneLine(owner, limit: 60)) manages it: name another secret"
        } else if secret.rotates {
            obstacle =
                "Secrets Manager rotates it, which would write over the key: turn that off (aws secretsmanager cancel-rotate-secret)"
        } else {
            obstacle = nil
        }
        if let obstacle {
            throw PushFailure(.conflict, "\(target.subject): \(obstacle), then run keyturn retry")
        }
        return secret
    }

    /// The value of which the rest is kept; nil: there is none yet.
    private func kept(
        _ target: Target, _ client: Client, call: borrowing Call
    ) throws(PushFailure) -> (text: SecretBytes, version: String)? {
        guard let value = try client.value(call: call) else { return nil }
        guard let text = value.text, target.document.canKeep(text) else { throw unkept(target) }
        return (text, value.version)
    }

    private func unkept(_ target: Target) -> PushFailure {
        PushFailure(
            .conflict,
            "\(target.subject): its value is not of this shape, so nothing of it can be kept: replace: true writes over all of it"
        )
    }
}
