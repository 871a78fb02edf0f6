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
        var states = target.shape.names.map { "\($0.name) \(find($0.name) == nil ? "will be created" : "exists")" }
        switch target.shape {
        case .pair(let id, let secret):
            if find(id)?.isSecured == true {
                states.append(
                    "\(id) is secured, so its value cannot be read back: delete it, and keyturn makes it again")
            }
            if find(secret)?.isSecured == false {
                states.append("\(secret) is not secured: the next push makes it so")
            }
        case .credentialsFile:
            if let pair = Self.usual.first(where: { find($0) != nil }) {
                states.append(
                    "\(pair) is there as well, and AWS's tools prefer it: delete it once steps use the file")
            }
        }
        return
            "\(target.subject()): the variables can be read, and whether they may be written shows at the first push; "
            + states.joined(separator: ", ")
    }

    private static let usual = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]

    func push(_ pair: borrowing KeyPair, to target: Target, call: borrowing Call) throws(PushFailure) -> Confirmation {
        let path = try client.path(of: target, call: call)
        let before = try client.variables(at: path, target, call: call)
        switch target.shape {
        case .credentialsFile(let name, let file):
            // In base64, for whether line ends stay in a variable is not documented.
            let contents = file.contents(keyID: pair.accessKeyID, secret: pair.secretAccessKey).base64
            let written = try writeSecured(name, contents, before, at: path, target, call: call)
            return Confirmation(.acknowledged, "\(target.subject()): \(name) written (\(written.status))")
        case .pair(let idName, let secretName):
            // The secret first: the key ID can be read, and is then the sign that the secret went before it. A push that ended
            // between the two is finished by pushing again.
            let secret = try writeSecured(secretName, pair.secretAccessKey, before, at: path, target, call: call)
            let oldID = before.first { $0.key == idName }
            let id = try client.write(
                idName, SecretBytes(pair.accessKeyID), isSecured: oldID?.isSecured ?? false, over: oldID, at: path,
                target, call: call)
            guard id.variable.isSecured || id.variable.value?.equals(pair.accessKeyID) == true else {
                throw PushFailure(
                    .retryable,
                    "\(target.subject(idName)): \(id.status), but the answer shows another value: it does not confirm anything"
                )
            }
            return Confirmation(
                id.variable.isSecured ? .acknowledged : .readBack,
                "\(target.subject()): \(idName) written (\(id.status)), \(secretName) written (\(secret.status))")
        }
    }

    private func writeSecured(
        _ name: String, _ value: SecretBytes, _ before: [Variable], at path: [String], _ target: Target,
        call: borrowing Call
    ) throws(PushFailure) -> Written {
        let written = try client.write(
            name, value, isSecured: true, over: before.first { $0.key == name }, at: path, target, call: call)
        guard written.variable.isSecured else {
            throw PushFailure(
                .conflict,
                "\(target.subject(name)): \(written.status), but it is not secured, so everyone who may see the "
                    + "variables can read it: delete it, run keyturn retry, then keyturn rotate")
        }
        return written
    }

    func inspect(_ target: Target, call: borrowing Call) throws(PushFailure) -> Inspection {
        let path = try client.path(of: target, call: call)
        let name = target.shape.names[0].name
        let subject = target.subject(name)
        let variables = try client.variables(at: path, target, call: call)
        guard let variable = variables.first(where: { $0.key == name }) else {
            throw PushFailure(.notFound, "\(subject): there is no such variable yet")
        }
        guard let value = variable.value else {
            return Inspection(keyID: nil, message: "\(subject): secured, so its value cannot be read")
        }
        guard case .credentialsFile(_, let file) = target.shape else {
            let keyID = value.text ?? ""
            return Inspection(keyID: keyID, message: "\(subject): \(oneLine(keyID, limit: 128))")
        }
        let keyID = value.base64Decoded.flatMap { file.keyID(in: $0) }
        return Inspection(
            keyID: keyID,
            message:
                "\(subject): \(oneLine(keyID ?? "no key", limit: 128)); it is not secured, so everyone who may see the variables can "
                + "read it: delete it, run keyturn retry, then keyturn rotate")
    }
}
