import PusherKit

/// Writes key pairs into the environment variables of Travis CI repositories.
struct TravisCI: Pusher {
    let client: Client

    init(configuration: TokenConfiguration) throws(PushFailure) {
        let endpoint = try configuration.endpoint(of: "Travis CI", orElse: "https://api.travis-ci.com")
        for site in ["app.travis-ci.com", "travis-ci.com", "www.travis-ci.com"]
        where endpoint.description.lowercased().hasPrefix("https://\(site)") {
            throw PushFailure(
                .invalidConfiguration,
                "Travis CI: endpoint \(endpoint) is the web site: leave it out, and https://api.travis-ci.com is asked")
        }
        client = Client(endpoint: endpoint, token: configuration.token)
    }

    func check(_ target: Target, call: borrowing Call) throws(PushFailure) -> String {
        let list = try client.list(target, call: call)
        if list.variables.contains(where: { $0.permissions?.write == false }) {
            throw PushFailure(
                .unauthorized,
                "\(target.subject()): the token's user may read the variables but not write them: give the user "
                    + "push access to the repository, or use another user's token")
        }
        let states =
            if let file = target.file { try checkFile(file, list, of: target) } else { try checkPair(list, of: target) }
        let permission =
            list.variables.contains { $0.permissions?.write == true }
            ? "may be written" : "can be read, and whether they may be written shows at the first push"
        return "\(target.subject()): the variables \(permission); \(states.joined(separator: ", "))"
    }

    private func checkPair(_ list: VariableList, of target: Target) throws(PushFailure) -> [String] {
        let found = [
            try list.find(target.accessKeyID, for: target), try list.find(target.secretAccessKey, for: target),
        ]
        return zip([target.accessKeyID, target.secretAccessKey], found).map { name, variable in
            let isShown = name == target.accessKeyID && variable?.isPublic == false
            let shown = isShown ? " (each push makes it public, so that it can be read back: it is not a secret)" : ""
            return "\(name) \(variable == nil ? "will be created" : "exists\(shown)")"
        }
    }

    /// The secret first: all variables of a repository are one document, so the two writes must not overlap, and the
    /// key ID, which can be read, is then the sign that the secret went before it. A push that ended between the two
    /// is finished by pushing again.
    func push(_ pair: borrowing KeyPair, to target: Target, call: borrowing Call) throws(PushFailure) -> Confirmation {
        if let file = target.file { return try pushFile(pair, file, to: target, call: call) }
        let list = try client.list(target, call: call)
        let oldSecret = try list.find(target.secretAccessKey, for: target)
        let oldID = try list.find(target.accessKeyID, for: target)
        let secret = try client.write(
            target.secretAccessKey, pair.secretAccessKey, isPublic: false, over: oldSecret, in: target, call: call)
        try confirm(secret, name: target.secretAccessKey, isPublic: false, in: target)
        let id = try client.write(
            target.accessKeyID, SecretBytes(pair.accessKeyID), isPublic: true, over: oldID, in: target, call: call)
        try confirm(id, name: target.accessKeyID, isPublic: true, in: target)
        guard id.variable.value?.equals(pair.accessKeyID) ?? false else {
            throw PushFailure(
                .retryable,
                "\(target.subject(target.accessKeyID)): \(id.status), but the answer does not show the new key ID: "
                    + "it does not confirm anything")
        }
        return Confirmation(
            .readBack,
            "\(target.subject()): \(target.accessKeyID) \(id.verb) (\(id.status)), "
                + "\(target.secretAccessKey) \(secret.verb) (\(secret.status))")
    }

    func inspect(_ target: Target, call: borrowing Call) throws(PushFailure) -> Inspection {
        if let file = target.file { return try inspectFile(file, of: target, call: call) }
        guard let variable = try client.list(target, call: call).find(target.accessKeyID, for: target) else {
            throw PushFailure(.notFound, "\(target.subject(target.accessKeyID)): there is no such variable yet")
        }
        guard variable.isPublic == true, let value = variable.value?.text else {
            return Inspection(
                keyID: nil,
                message:
                    "\(target.subject(target.accessKeyID)): the variable is private now, so its value cannot be read; "
                    + "each push makes it public, so someone else wrote it last")
        }
        return Inspection(keyID: value, message: "\(target.subject(target.accessKeyID)): \(oneLine(value, limit: 128))")
    }

    /// The answer must be about the variable that was asked for.
    func confirm(_ written: Written, name: String, isPublic: Bool, in target: Target) throws(PushFailure) {
        let answer = written.variable
        guard answer.name == name && answer.branch == target.branch else {
            throw PushFailure(
                .retryable,
                "\(target.subject(name)): \(written.status), but the answer is about another variable: it does not "
                    + "confirm anything")
        }
        guard answer.isPublic == isPublic else {
            throw PushFailure(
                .conflict,
                "\(target.subject(name)): \(written.status), but Travis CI made the variable "
                    + "\(isPublic ? "private" : "public"): delete it in the repository's settings, then run keyturn retry"
            )
        }
    }
}
