import PusherKit

/// One variable and what it shall hold.
struct Writing {
    let key: String
    let value: SecretBytes
    /// Whether the variable is there, where it was read for its other contents.
    let exists: Bool?
    /// Whether job logs mask it when keyturn creates it and the target does not say.
    let isMaskedWhenNew: Bool
    /// Whether the value that an answer shows is the one that was written.
    let isHeld: (SecretBytes) -> Bool

    /// A variable with one part of a pair.
    init(key: String, value: SecretBytes, isMaskedWhenNew: Bool) {
        self.key = key
        self.value = value
        exists = nil
        self.isMaskedWhenNew = isMaskedWhenNew
        isHeld = { $0 == value }
    }

    /// A variable with both parts.
    init(
        key: String, contents: SecretBytes, file: CredentialsFile, keyID: String, secret: SecretBytes, exists: Bool
    ) {
        self.key = key
        self.exists = exists
        value = contents
        isMaskedWhenNew = false
        isHeld = { file.keyID(in: $0) == keyID && file.holds(secret, in: $0) }
    }

    /// Writes it, and makes sure that the answer is about this variable, in this scope, with this value.
    func write(
        to target: Target, _ standing: Standing, client: Client, call: borrowing Call
    ) throws(PushFailure) -> Written {
        if standing.exists != false {
            let response = try client.update(key, value, of: target, call: call)
            if response.isYes(200) { return try confirm(response, target, client, call: call) }
            guard standing.exists == nil, isMissingVariable(response) else {
                throw client.rejection(response, for: target, key: key, call: call)
            }
        }
        if standing.takesTrying {
            try trial.create(in: target, standing, client: client, call: call)
            let response = try client.update(key, value, of: target, call: call)
            guard response.isYes(200) else { throw client.rejection(response, for: target, key: key, call: call) }
            return try confirm(response, target, client, call: call, isNew: true)
        }
        let response = try client.create(key, value, masked: isMaskedWhenNew, of: target, call: call)
        guard response.isYes(201) else { throw client.rejection(response, for: target, key: key, call: call) }
        return try confirm(response, target, client, call: call)
    }

    /// Creates a variable in a group's scope.
    ///
    /// A GitLab without the licence for such scopes says yes and makes a variable of scope `*`, which all jobs of the group
    /// see. So what is created first holds no secret, and is taken away again where that happens.
    private func create(
        in target: Target, _ standing: Standing, client: Client, call: borrowing Call
    ) throws(PushFailure) {
        let response = try client.create(key, value, masked: isMaskedWhenNew, of: target, call: call)
        let subject = target.subject(key)
        let wanted = oneLine(target.environmentScope ?? "*", limit: 60)
        if response.status == 400, gitLabText(response).has("has already been taken"), standing.isElsewhere {
            throw PushFailure(
                .conflict,
                "\(subject): 400: \(Self.unscoped), and a "
                    + "variable of this name is there for all environments; nothing was changed: \(Self.scopeAdvice)")
        }
        guard response.isYes(201), let answer = response.json(Variable.self), answer.key == key else {
            throw client.rejection(response, for: target, key: key, call: call)
        }
        let scope = answer.environmentScope ?? "*"
        guard !target.matches(scope: scope) else { return }
        let start =
            "\(subject): 201, but GitLab made it for scope \(oneLine(scope, limit: 60)) instead of \(wanted): \(Self.unscoped)"
        do throws(PushFailure) {
            try client.delete(key, scope: scope, of: target, call: call)
        } catch {
            throw PushFailure(
                .conflict,
                "\(start). No secret was written, but the variable could not be deleted again: delete it in the group's "
                    + "settings; then \(Self.scopeAdvice)")
        }
        // Not tried again while the pusher lives: each try would show the variable to the whole group for a moment.
        client.facts.whyUnscoped = "\(Self.unscoped): \(Self.scopeAdvice)"
        throw PushFailure(
            .conflict, "\(start). The variable was deleted again; no secret was written: \(Self.scopeAdvice)")
    }

    private static let unscoped = "this GitLab takes no environment scopes for groups (a matter of its licence)"
    private static let scopeAdvice = "set environment-scope: \"*\", or name the projects as targets"

    /// The same variable with nothing secret in it, of the same form, so that GitLab masks it as it would the value.
    private var trial: Writing {
        Writing(key: key, value: SecretBytes("keyturn-writes-the-key-here"), isMaskedWhenNew: isMaskedWhenNew)
    }

    private func confirm(
        _ response: HTTPResponse, _ target: Target, _ client: Client, call: borrowing Call, isNew: Bool = false
    ) throws(PushFailure) -> Written {
        guard let answer = response.json(Variable.self), answer.key == key else {
            throw client.rejection(response, for: target, key: key, call: call)
        }
        let status = isNew ? 201 : response.status
        let subject = "\(target.subject(key)): \(status)"
        guard target.matches(scope: answer.environmentScope) else {
            let scope = oneLine(answer.environmentScope ?? "none", limit: 60)
            throw PushFailure(
                .conflict,
                "\(subject), but GitLab wrote the variable of scope \(scope): correct that one, and create one of the wanted "
                    + "scope")
        }
        if target.shape.isFile, let type = answer.type, type != "file" {
            throw PushFailure(
                .retryable,
                "\(subject), but the answer shows a variable of type \(oneLine(type, limit: 20)), not file: it does not "
                    + "confirm anything")
        }
        let isUnhidden = target.flags.hidden == true && answer.hidden == false
        guard let value = answer.value else {
            return Written(key: key, status: status, isReadBack: false, isUnhidden: isUnhidden)
        }
        guard isHeld(value) else {
            throw PushFailure(
                .retryable, "\(subject), but the answer shows another value: it does not confirm anything")
        }
        return Written(key: key, status: status, isReadBack: true, isUnhidden: isUnhidden)
    }
}

/// What is known of a variable before it is written.
struct Standing {
    /// Whether it is there; nil: not asked, to be found out by trying to change it.
    var exists: Bool?
    /// Whether one of the name is there in another scope.
    let isElsewhere: Bool
    /// Whether creating it could make a variable of another scope than the one that is asked for.
    let takesTrying: Bool

    /// - Parameter isScopeProven: whether a variable was written in the wanted scope just now.
    init(of key: String, in known: [ListedVariable]?, _ target: Target, isScopeProven: Bool) {
        exists = known.map { $0.find(key, of: target) != nil }
        isElsewhere = known?.contains { $0.key == key && !target.matches(scope: $0.environmentScope) } ?? false
        let hasScopes = isScopeProven || known?.contains { $0.environmentScope ?? "*" != "*" } ?? true
        takesTrying = exists == false && target.environmentScope ?? "*" != "*" && !hasScopes
    }
}

/// A write that GitLab confirmed.
struct Written: CustomStringConvertible {
    let key: String
    let status: Int
    /// True where the answer showed the value; hidden variables show none.
    let isReadBack: Bool
    /// True where the target wants the variable hidden, and it is not.
    let isUnhidden: Bool

    var description: String {
        "\(key) \(status == 201 ? "created" : "updated") (\(status))" + (isUnhidden ? ", but \(notHidden)" : "")
    }
}

/// Said of a variable that was there before the target wanted it hidden.
let notHidden = "not hidden: GitLab hides only what is created so; delete it shortly before a rotation"
