import PusherKit

/// Writes key pairs into the secrets of Buildkite's clusters.
struct Buildkite: Pusher {
    let client: Client

    init(configuration: TokenConfiguration) throws(PushFailure) {
        client = Client(
            endpoint: try configuration.endpoint(of: "Buildkite", orElse: "https://api.buildkite.com/v2"),
            token: configuration.token)
    }

    func check(_ target: Target, call: borrowing Call) throws(PushFailure) -> String {
        let token = try client.accessToken(for: target, call: call)
        // Buildkite's pages name the second scope in two ways.
        var missing = token.scopes.contains("write_secrets") ? [] : ["write_secrets"]
        if !token.scopes.contains("read_secret_details"), !token.scopes.contains("read_secrets_details") {
            missing.append("read_secret_details")
        }
        if !isUUID(target.cluster), !token.scopes.contains("read_clusters") { missing.append("read_clusters") }
        guard missing.isEmpty else {
            throw PushFailure(
                .unauthorized,
                "\(target.subject()): the token lacks the scope \(missing.joined(separator: " and ")): make a new one that has it"
            )
        }
        let path = try client.secretsPath(of: target, call: call)
        let secrets = try client.secrets(at: path, target, call: call)
        let states = [target.accessKeyID, target.secretAccessKey].map { name in
            "\(name) \(secrets.contains { $0.isKey(name) } ? "exists" : "will be created")"
        }
        let expiry = token.expiresAt.flatMap { expiryWarning($0, now: call.now) } ?? ""
        return
            "\(target.subject()): the secrets can be listed, and the token has the scope to write them; "
            + states.joined(separator: ", ") + expiry
    }

    /// The secret first, as everywhere. A push that ended between the two is finished by pushing again.
    func push(_ pair: borrowing KeyPair, to target: Target, call: borrowing Call) throws(PushFailure) -> Confirmation {
        let path = try client.secretsPath(of: target, call: call)
        let before = try client.secrets(at: path, target, call: call)
        func find(_ key: String) -> Secret? { before.first { $0.isKey(key) } }
        let (oldSecret, oldID) = (find(target.secretAccessKey), find(target.accessKeyID))
        let secret = try client.write(
            target.secretAccessKey, pair.secretAccessKey, over: oldSecret, at: path, target, call: call)
        let id = try client.write(
            target.accessKeyID, SecretBytes(pair.accessKeyID), over: oldID, at: path, target, call: call)
        func state(_ old: Secret?) -> String { old == nil ? "created" : "written" }
        let isShown = secret.isLater(than: oldSecret) && id.isLater(than: oldID)
        return Confirmation(
            isShown ? .timestamp : .acknowledged,
            "\(target.subject()): \(target.accessKeyID) \(state(oldID)), \(target.secretAccessKey) \(state(oldSecret))",
            changedAt: [secret, id].changedAt)
    }

    func inspect(_ target: Target, call: borrowing Call) throws(PushFailure) -> Inspection {
        let path = try client.secretsPath(of: target, call: call)
        let secrets = try client.secrets(at: path, target, call: call)
        guard secrets.contains(where: { $0.isKey(target.accessKeyID) }) else {
            throw PushFailure(.notFound, "\(target.subject(target.accessKeyID)): there is no such secret yet")
        }
        let pair = secrets.filter { $0.isKey(target.accessKeyID) || $0.isKey(target.secretAccessKey) }
        return Inspection(
            keyID: nil, changedAt: pair.changedAt,
            message: "\(target.subject(target.accessKeyID)): Buildkite shows no value, but when it was written")
    }
}
