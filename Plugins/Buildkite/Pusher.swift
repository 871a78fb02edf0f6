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
        func isThere(_ name: String) -> Bool { secrets.contains { $0.isKey(name) } }
        var states = target.shape.names.map { "\($0.name) \(isThere($0.name) ? "exists" : "will be created")" }
        if case .credentialsFile = target.shape,
            let pair = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].first(where: isThere)
        {
            states.append("\(pair) is there as well, and AWS's tools prefer it: delete it once jobs use the file")
        }
        let expiry = token.expiresAt.flatMap { expiryWarning($0, now: call.now) } ?? ""
        return
            "\(target.subject()): the secrets can be listed, and the token has the scope to write them; "
            + states.joined(separator: ", ") + expiry
    }

    func push(_ pair: borrowing KeyPair, to target: Target, call: borrowing Call) throws(PushFailure) -> Confirmation {
        let path = try client.secretsPath(of: target, call: call)
        let before = try client.secrets(at: path, target, call: call)
        func write(_ name: String, _ value: SecretBytes, _ call: borrowing Call) throws(PushFailure) -> Written {
            let old = before.first { $0.isKey(name) }
            let secret = try client.write(name, value, over: old, at: path, target, call: call)
            return Written(name: name, old: old, secret: secret)
        }
        let written: [Written]
        switch target.shape {
        case .credentialsFile(let name, let file):
            written = [
                try write(name, file.contents(keyID: pair.accessKeyID, secret: pair.secretAccessKey), call)
            ]
        case .pair(let id, let secretName):
            // The secret first, as everywhere. A push that ended between the two is finished by pushing again.
            let secret = try write(secretName, pair.secretAccessKey, call)
            written = [try write(id, SecretBytes(pair.accessKeyID), call), secret]
        }
        let isShown = written.allSatisfy { $0.secret.isLater(than: $0.old) }
        return Confirmation(
            isShown ? .timestamp : .acknowledged,
            "\(target.subject()): " + written.map { $0.text }.joined(separator: ", "),
            changedAt: written.map { $0.secret }.changedAt)
    }

    func inspect(_ target: Target, call: borrowing Call) throws(PushFailure) -> Inspection {
        let path = try client.secretsPath(of: target, call: call)
        let secrets = try client.secrets(at: path, target, call: call)
        let names = target.shape.names.map { $0.name }
        guard secrets.contains(where: { $0.isKey(names[0]) }) else {
            throw PushFailure(.notFound, "\(target.subject(names[0])): there is no such secret yet")
        }
        let held = secrets.filter { secret in names.contains(where: secret.isKey) }
        return Inspection(
            keyID: nil, changedAt: held.changedAt,
            message: "\(target.subject(names[0])): Buildkite shows no value, but when it was written")
    }
}

/// A write that Buildkite confirmed.
private struct Written {
    let name: String
    /// The secret before; nil: there was none.
    let old: Secret?
    let secret: Secret

    var text: String { "\(name) \(old == nil ? "created" : "written")" }
}
