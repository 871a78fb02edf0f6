import PusherKit

/// Writes key pairs into the CI/CD variables of GitLab projects, groups and instances.
struct GitLabCI: Pusher {
    struct Configuration: Decodable {
        let token: SecretBytes
        let endpoint: Endpoint?
    }

    private let client: Client

    init(configuration: Configuration) throws(PushFailure) {
        guard configuration.token.isVisibleASCII, configuration.token.count > 0 else {
            throw PushFailure(.invalidConfiguration, "GitLab: the token is empty, or has blanks or line ends in it")
        }
        guard let endpoint = configuration.endpoint ?? Endpoint("https://gitlab.com") else {
            throw PushFailure(.internal, "GitLab: no endpoint")
        }
        client = Client(endpoint: endpoint, token: configuration.token)
    }

    func check(_ target: Target, call: borrowing Call) throws(PushFailure) -> String {
        let variables = try client.list(target, call: call)
        let states = [target.accessKeyID, target.secretAccessKey].map { key in
            "\(key) \(exists(key, in: variables, target) ? "exists" : "will be created")"
        }
        return "\(target.subject()): the token reads the variables (whether it may write shows at the first push); "
            + states.joined(separator: ", ")
    }

    /// The secret first: the key ID, which `inspect` reads, is then the sign that the secret went before it.
    func push(_ pair: borrowing KeyPair, to target: Target, call: borrowing Call) throws(PushFailure) -> Confirmation {
        let secret = Writing(key: target.secretAccessKey, value: pair.secretAccessKey, isMaskedWhenNew: true)
        let id = Writing(key: target.accessKeyID, value: SecretBytes(pair.accessKeyID), isMaskedWhenNew: false)
        let known = try known(target, call: call)
        let secretWritten = try secret.write(
            to: target, exists: known.map { exists(secret.key, in: $0, target) }, client: client, call: call)
        let idWritten = try id.write(
            to: target, exists: known.map { exists(id.key, in: $0, target) }, client: client, call: call)
        return Confirmation(
            idWritten.isReadBack ? .readBack : .acknowledged, "\(target.subject()): \(idWritten), \(secretWritten)")
    }

    func inspect(_ target: Target, call: borrowing Call) throws(PushFailure) -> Inspection {
        let key = target.accessKeyID
        guard let variable = try client.read(key, of: target, call: call),
            target.matches(scope: variable.environmentScope)
        else { throw PushFailure(.notFound, "\(target.subject(key)): there is no such variable yet") }
        guard let value = variable.value?.text else {
            return Inspection(keyID: nil, message: "\(target.subject(key)): hidden, so its value cannot be read")
        }
        return Inspection(keyID: value, message: "\(target.subject(key)): \(oneLine(value, limit: 128))")
    }

    /// A group's variables: a change whose filter matches none can hit the variable of another scope, so keyturn
    /// looks before it writes. A project and the instance answer 404 then, and looking would be a request too many.
    private func known(_ target: Target, call: borrowing Call) throws(PushFailure) -> [VariableName]? {
        guard case .group = target.place else { return nil }
        return try client.list(target, call: call)
    }

    private func exists(_ key: String, in variables: [VariableName], _ target: Target) -> Bool {
        variables.contains { $0.key == key && target.matches(scope: $0.environmentScope) }
    }
}
