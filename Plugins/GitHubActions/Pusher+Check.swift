import PusherKit

extension GitHubActions {
    /// What can be known without writing: that the token reads the place, may write as far as GitHub says, that the
    /// repository takes changes, and that there is room for what is missing.
    func check(_ target: Target, call: borrowing Call) throws(PushFailure) -> String {
        try client.examine(target, call: call)
        _ = try client.publicKey(target, call: call)
        let names = target.secretNames
        let pair = [target.accessKeyID, target.secretAccessKey]
        let secrets = try client.secrets(target.file == nil ? names : names + pair, of: target, call: call)
        let missing = names.filter { secrets[$0] == nil && (target.keyIDAs == .secret || $0 != target.accessKeyID) }
        if let first = missing.first, let total = secrets.total, let capacity = target.place.capacity,
            total > capacity - missing.count
        {
            throw PushFailure(
                .conflict,
                "\(target.subject()): \(total) secrets are there and GitHub takes \(capacity), so \(first) has no "
                    + "room: delete one that no one uses")
        }
        var states = names.map { "\($0) \(secrets[$0] == nil ? "will be created" : "exists")" }
        if target.file != nil, let name = pair.first(where: { secrets[$0] != nil }) {
            states.append("\(name) is there as well: delete the pair once jobs use the file")
        }
        if target.keyIDAs == .variable {
            let isThere = try client.variable(target.accessKeyID, of: target, call: call) != nil
            states[0] = "variable \(target.accessKeyID) \(isThere ? "exists" : "will be created")"
            if secrets[target.accessKeyID] != nil {
                states.append("a secret \(target.accessKeyID) is there too: \(target.retirement)")
            }
        }
        return "\(target.subject()): \(access(to: target)); " + states.joined(separator: ", ")
            + (client.tokenEnd.flatMap { expiryWarning($0, now: call.now) } ?? "")
    }

    private func access(to target: Target) -> String {
        client.credential.isApp && Permission(target: target).ofApp != nil
            ? "the App is granted what writing takes"
            : "the token reads the public key (whether it may write shows at the first push)"
    }
}

extension Client {
    /// Looks at the repository itself: whether it is there by that name, takes changes, and from this token.
    func examine(_ target: Target, call: borrowing Call) throws(PushFailure) {
        guard let path = target.place.repository else { return }
        let response = try send(.get, path, for: target, call: call)
        guard response.isYes(200), let repository = response.json(Repository.self) else {
            throw rejection(response, for: target, call: call)
        }
        let answers = Answers(target: target, isApp: credential.isApp)
        guard repository.isArchived != true else {
            throw PushFailure(.conflict, "\(target.subject()): \(answers.archivedAdvice)")
        }
        // An App's token shows no permissions here: all of them are false.
        if let permissions = repository.permissions, permissions.pull == true, permissions.push == false {
            throw PushFailure(
                .unauthorized, "\(target.subject()): the token may only read the repository: \(answers.remedy)")
        }
        try checkScopes(response, for: target, answers)
    }

    /// A classic token's scopes come with every answer; other tokens have none.
    private func checkScopes(
        _ response: HTTPResponse, for target: Target, _ answers: Answers
    ) throws(PushFailure) {
        let told = response.header("x-oauth-scopes") ?? ""
        let scopes = told.split(separator: ",").map { $0.drop { $0 == " " } }
        guard !scopes.isEmpty, !scopes.contains(where: { $0 == Permission(target: target).scope }) else { return }
        throw PushFailure(
            .unauthorized,
            "\(target.subject()): the token has scope \(oneLine(told, limit: 80)), which is not enough: "
                + answers.remedy)
    }
}

/// The fields of a repository that matter here.
private struct Repository: JSONReadable {
    let isArchived: Bool?
    let permissions: Permissions?

    struct Permissions: JSONReadable {
        let push: Bool?
        let pull: Bool?

        init(json fields: JSONValue) throws(JSONMismatch) {
            push = try fields.optional("push")
            pull = try fields.optional("pull")
        }
    }

    init(json fields: JSONValue) throws(JSONMismatch) {
        isArchived = try fields.optional("archived")
        permissions = try fields.optional("permissions")
    }
}
