import PusherKit

/// Writes key pairs into the pipeline variables of Bitbucket Cloud.
struct Bitbucket: Pusher {
    struct Configuration: JSONReadable {
        let common: TokenConfiguration
        let email: String?

        init(json fields: JSONValue) throws(JSONMismatch) {
            common = try TokenConfiguration(json: fields)
            email = try fields.optional("email")
        }
    }

    let client: Client

    init(configuration: Configuration) throws(PushFailure) {
        client = Client(
            endpoint: try configuration.common.endpoint(of: "Bitbucket", orElse: "https://api.bitbucket.org/2.0"),
            token: configuration.common.token, email: configuration.email)
    }

    func check(_ target: Target, call: borrowing Call) throws(PushFailure) -> String {
        let path = try client.path(of: target, call: call)
        let variables = try client.variables(at: path, target, call: call)
        func find(_ key: String) -> Variable? { variables.first { $0.key == key } }
        var states = [target.accessKeyID, target.secretAccessKey].map { key in
            "\(key) \(find(key) == nil ? "will be created" : "exists")"
        }
        if find(target.accessKeyID)?.isSecured == true {
            states.append(
                "\(target.accessKeyID) is secured, so its value cannot be read back: delete it, and keyturn makes it again"
            )
        }
        if find(target.secretAccessKey)?.isSecured == false {
            states.append("\(target.secretAccessKey) is not secured: the next push makes it so")
        }
        return
            "\(target.subject()): the variables can be read, and whether they may be written shows at the first push; "
            + states.joined(separator: ", ")
    }

    /// The secret first: the key ID can be read, and is then the sign that the secret went before it. A push that ended between
    /// the two is finished by pushing again.
    func push(_ pair: borrowing KeyPair, to target: Target, call: borrowing Call) throws(PushFailure) -> Confirmation {
        let path = try client.path(of: target, call: call)
        let before = try client.variables(at: path, target, call: call)
        let secret = try client.write(
            target.secretAccessKey, pair.secretAccessKey, isSecured: true,
            over: before.first { $0.key == target.secretAccessKey }, at: path, target, call: call)
        guard secret.variable.isSecured else {
            throw PushFailure(
                .conflict,
                "\(target.subject(target.secretAccessKey)): \(secret.status), but it is not secured, so everyone who may see the "
                    + "variables can read it: delete it, run keyturn retry, then keyturn rotate")
        }
        let oldID = before.first { $0.key == target.accessKeyID }
        let id = try client.write(
            target.accessKeyID, SecretBytes(pair.accessKeyID), isSecured: oldID?.isSecured ?? false, over: oldID,
            at: path, target, call: call)
        guard id.variable.isSecured || id.variable.value?.equals(pair.accessKeyID) == true else {
            throw PushFailure(
                .retryable,
                "\(target.subject(target.accessKeyID)): \(id.status), but the answer shows another value: it does not confirm anything"
            )
        }
        return Confirmation(
            id.variable.isSecured ? .acknowledged : .readBack,
            "\(target.subject()): \(target.accessKeyID) written (\(id.status)), "
                + "\(target.secretAccessKey) written (\(secret.status))")
    }

    func inspect(_ target: Target, call: borrowing Call) throws(PushFailure) -> Inspection {
        let path = try client.path(of: target, call: call)
        let subject = target.subject(target.accessKeyID)
        let variables = try client.variables(at: path, target, call: call)
        guard let variable = variables.first(where: { $0.key == target.accessKeyID }) else {
            throw PushFailure(.notFound, "\(subject): there is no such variable yet")
        }
        guard let keyID = variable.value?.text else {
            return Inspection(keyID: nil, message: "\(subject): secured, so its value cannot be read")
        }
        return Inspection(keyID: keyID, message: "\(subject): \(oneLine(keyID, limit: 128))")
    }
}
