import PusherKit

/// Writes key pairs into the CI/CD variables of GitLab projects, groups and instances.
struct GitLabCI: Pusher {
    let client: Client

    init(configuration: TokenConfiguration) throws(PushFailure) {
        let endpoint = try configuration.endpoint(of: "GitLab", orElse: "https://gitlab.com")
        guard !endpoint.description.lowercased().hasSuffix("/api/v4") else {
            let base = String(endpoint.description.dropLast("/api/v4".count))
            throw PushFailure(
                .invalidConfiguration, "GitLab: endpoint is the base URL without /api/v4: set endpoint: \(base)")
        }
        client = Client(endpoint: endpoint, token: configuration.token)
    }

    func check(_ target: Target, call: borrowing Call) throws(PushFailure) -> String {
        try refuseScope(of: target)
        let variables = try client.list(target, call: call)
        var states: [String] = []
        for key in target.shape.variables {
            let variable = variables.find(key, of: target)
            if let variable { try refuse(variable, target) }
            states.append("\(key) \(state(variable, target))")
        }
        if target.shape.isFile, let pair = variables.find("AWS_ACCESS_KEY_ID", of: target) {
            states.append("\(pair.key) is there as well, and AWS's tools prefer it: delete it once jobs use the file")
        }
        return "\(target.subject()): \(try access(target, call: call)); " + states.joined(separator: ", ")
            + scopes(target, variables)
    }

    /// What is known of the token: reading a list takes the same role as writing, and GitLab shows the token's scopes.
    private func access(_ target: Target, call: borrowing Call) throws(PushFailure) -> String {
        let role = "the token reads the variables, which takes \(target.place.role)"
        guard let token = client.tokenInformation(target, call: call), let mayWrite = token.mayWrite else {
            return "\(role) (whether it has scope api, not read_api alone, shows at the first push)"
        }
        guard mayWrite else {
            throw PushFailure(
                .unauthorized,
                "\(target.subject()): the token has scope \(oneLine(token.scopes?.joined(separator: ", ") ?? "", limit: 80)), "
                    + "which is not enough to write: create \(target.place.tokens) with \(target.place.permission)")
        }
        return "\(role), and has scope api" + (token.end.flatMap { expiryWarning($0, now: call.now) } ?? "")
    }

    /// Whether GitLab takes the scope in a group cannot be known before the first write, where no variable shows it.
    private func scopes(_ target: Target, _ variables: [ListedVariable]) -> String {
        guard case .group = target.place, let scope = target.environmentScope, scope != "*",
            !variables.contains(where: { $0.environmentScope ?? "*" != "*" })
        else { return "" }
        return
            "; environment scopes of groups take GitLab Premium, and whether this GitLab has them shows at the first push"
    }

    func push(_ pair: borrowing KeyPair, to target: Target, call: borrowing Call) throws(PushFailure) -> Confirmation {
        try refuseScope(of: target)
        let known = try known(target, call: call)
        var written: [Written] = []
        for writing in try writings(pair, target, known, call: call) {
            var standing = Standing(of: writing.key, in: known, target, isScopeProven: !written.isEmpty)
            if let exists = writing.exists { standing.exists = exists }
            written.append(try writing.write(to: target, standing, client: client, call: call))
        }
        return Confirmation(
            written.last?.isReadBack ?? false ? .readBack : .acknowledged,
            "\(target.subject()): " + written.reversed().map { $0.description }.joined(separator: ", "))
    }

    func inspect(_ target: Target, call: borrowing Call) throws(PushFailure) -> Inspection {
        let key = target.shape.variables[0]
        guard let variable = try client.read(key, of: target, call: call),
            target.matches(scope: variable.environmentScope)
        else { throw PushFailure(.notFound, "\(target.subject(key)): there is no such variable yet") }
        guard let value = variable.value else {
            return Inspection(keyID: nil, message: "\(target.subject(key)): hidden, so its value is not readable")
        }
        let keyID: String?
        switch target.shape {
        case .pair: keyID = value.text
        case .credentialsFile(_, let profile): keyID = CredentialsFile(profile: profile).keyID(in: value)
        }
        guard let keyID else {
            throw PushFailure(.notFound, "\(target.subject(key)): there is no key of the wanted profile in it yet")
        }
        return Inspection(keyID: keyID, message: "\(target.subject(key)): \(oneLine(keyID, limit: 128))")
    }

    /// What has to be written, in this order. Of a pair the secret first: the key ID, which `inspect` reads, is then the
    /// sign that the secret went before it.
    private func writings(
        _ pair: borrowing KeyPair, _ target: Target, _ known: [ListedVariable]?, call: borrowing Call
    ) throws(PushFailure) -> [Writing] {
        switch target.shape {
        case .pair(let accessKeyID, let secretAccessKey):
            return [
                Writing(key: secretAccessKey, value: pair.secretAccessKey, isMaskedWhenNew: true),
                Writing(key: accessKeyID, value: SecretBytes(pair.accessKeyID), isMaskedWhenNew: false),
            ]
        case .credentialsFile(let variable, let profile):
            let file = CredentialsFile(profile: profile)
            let isMissing = known.map { $0.find(variable, of: target) == nil } ?? false
            let old = isMissing ? nil : try former(variable, of: target, call: call)
            var contents = file.contents(keyID: pair.accessKeyID, secret: pair.secretAccessKey)
            if let value = old?.value {
                guard
                    let merged = file.contents(keyID: pair.accessKeyID, secret: pair.secretAccessKey, keeping: value)
                else {
                    throw PushFailure(
                        .conflict,
                        "\(target.subject(variable)): the profile \(profile) is in it twice, and AWS's tools do not read "
                            + "such a file: delete one of the two in GitLab's settings")
                }
                contents = merged
            }
            return [
                Writing(
                    key: variable, contents: contents, file: file, keyID: pair.accessKeyID,
                    secret: pair.secretAccessKey, exists: old != nil)
            ]
        }
    }

    /// What the variable holds now, of which other profiles are kept.
    private func former(_ key: String, of target: Target, call: borrowing Call) throws(PushFailure) -> Variable? {
        guard let variable = try client.read(key, of: target, call: call) else { return nil }
        return target.matches(scope: variable.environmentScope) ? variable : nil
    }

    /// A group's variables: a change whose filter matches none can hit the variable of another scope, so keyturn
    /// looks before it writes. A project and the instance answer 404 then, and looking would be a request too many.
    private func known(_ target: Target, call: borrowing Call) throws(PushFailure) -> [ListedVariable]? {
        guard case .group = target.place else { return nil }
        return try client.list(target, call: call)
    }

    /// What GitLab has shown that it cannot do.
    private func refuseScope(of target: Target) throws(PushFailure) {
        guard case .group = target.place, target.environmentScope != "*", let why = client.facts.whyUnscoped else {
            return
        }
        throw PushFailure(.conflict, "\(target.subject()): \(why)")
    }

    /// What a push could never change.
    private func refuse(_ variable: ListedVariable, _ target: Target) throws(PushFailure) {
        guard variable.hidden == true, target.shape.isFile || target.flags.masked == false else { return }
        let wish = target.shape.isFile ? "become a file variable" : "be unmasked"
        throw PushFailure(
            .conflict,
            "\(target.subject(variable.key)): a hidden variable cannot \(wish): delete it shortly before a rotation, or "
                + (target.shape.isFile ? "name another one in credentials-file" : "leave masked: false out"))
    }

    private func state(_ variable: ListedVariable?, _ target: Target) -> String {
        guard let variable else { return "will be created" }
        let isFile = variable.type == "file"
        if target.shape.isFile { return isFile ? "exists" : "exists, and will become a file variable" }
        if isFile { return "exists as a file variable, so jobs see the path of a file in it" }
        return target.flags.hidden == true && variable.hidden == false ? "exists, \(notHidden)" : "exists"
    }
}
