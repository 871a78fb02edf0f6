import PusherKit

/// Writes key pairs into secrets of HashiCorp Vault or OpenBao (key-value store, version 2).
struct VaultKV: Pusher {
    struct Configuration: JSONReadable {
        let token: SecretBytes
        let endpoint: Endpoint

        init(json fields: JSONValue) throws(JSONMismatch) {
            token = try fields.value("token")
            endpoint = try fields.value("endpoint")
        }
    }

    struct Target: JSONReadable {
        let path: String
        let mount: String
        let accessKeyID: String
        let secretAccessKey: String

        init(json fields: JSONValue) throws(JSONMismatch) {
            path = try fields.value("path")
            mount = try fields.optional("mount") ?? "secret"
            accessKeyID = try fields.value("access-key-id")
            secretAccessKey = try fields.value("secret-access-key")
        }

        var subject: String { oneLine("Vault: \(path)") }
    }

    let client: Client

    init(configuration: Configuration) throws(PushFailure) {
        guard configuration.token.isVisibleASCII, configuration.token.count > 0 else {
            throw PushFailure(.invalidConfiguration, "Vault: the token is empty, or has blanks or line ends in it")
        }
        client = Client(endpoint: configuration.endpoint, token: configuration.token)
    }

    func check(_ target: Target, call: borrowing Call) throws(PushFailure) -> String {
        let isThere = try client.read(target, call: call) != nil
        return isThere
            ? "\(target.subject): the token reads the secret; whether it may write shows at the first push"
            : "\(target.subject): there is no such secret yet; it will be created"
    }

    /// Both fields go in one request: whoever reads the secret never sees half a pair.
    func push(_ pair: borrowing KeyPair, to target: Target, call: borrowing Call) throws(PushFailure) -> Confirmation {
        let old = try client.read(target, call: call)
        if let old, holds(pair, old, target) {
            return Confirmation(.readBack, "\(target.subject): holds this pair already", isUnchanged: true)
        }
        try client.write(pair, to: target, exists: old != nil, call: call)
        guard let new = try client.read(target, call: call), holds(pair, new, target) else {
            throw PushFailure(
                .retryable, "\(target.subject): written, but another pair was read back: it is not taken as a yes")
        }
        return Confirmation(.readBack, "\(target.subject): written and read back")
    }

    func inspect(_ target: Target, call: borrowing Call) throws(PushFailure) -> Inspection {
        guard let keyID = try client.read(target, call: call)?[target.accessKeyID]?.text else {
            throw PushFailure(.notFound, "\(target.subject): holds no \(target.accessKeyID)")
        }
        return Inspection(keyID: keyID, message: "\(target.subject): holds \(keyID)")
    }

    private func holds(_ pair: borrowing KeyPair, _ fields: [String: SecretBytes], _ target: Target) -> Bool {
        fields[target.accessKeyID]?.equals(pair.accessKeyID) == true
            && fields[target.secretAccessKey] == pair.secretAccessKey
    }
}
