import PusherKit

/// Writes key pairs into the variable groups of Azure DevOps.
struct AzureDevOps: Pusher {
    let client: Client

    init(configuration: TokenConfiguration) throws(PushFailure) {
        client = Client(
            endpoint: try configuration.endpoint(of: "Azure DevOps", orElse: "https://dev.azure.com"),
            token: configuration.token)
    }

    func check(_ target: Target, call: borrowing Call) throws(PushFailure) -> String {
        let user = try client.connection(for: target, call: call).user
        let listed = try client.find(target, call: call)
        let group = try writable(listed, target, call: call)
        var states: [String] = []
        for name in [target.accessKeyID, target.secretAccessKey] {
            states.append("\(name) \(try group.find(name, of: target) == nil ? "will be created" : "exists")")
        }
        if try group.find(target.accessKeyID, of: target)?.isSecret == true {
            states.append(
                "\(target.accessKeyID) is secret, so its value cannot be read back: delete it, and keyturn makes it again"
            )
        }
        if try group.find(target.secretAccessKey, of: target)?.isSecret == false {
            states.append("\(target.secretAccessKey) is not secret: the next push makes it so")
        }
        let filter = [(name: "groupName", value: target.group), (name: "actionFilter", value: "manage")]
        if try !client.groups(filter, in: target, call: call).contains(where: { $0.id == group.id }) {
            states.append(
                "Azure DevOps does not list it among the groups that the token may change: make the token's user Administrator of the "
                    + "group, under Library, Security")
        }
        let who = user.map { " as \(oneLine($0, limit: 60))" } ?? ""
        return "\(target.subject()): the group can be read\(who); " + states.joined(separator: ", ")
    }

    /// One request replaces the group, so the pair is never torn. It carries everything else that the group has, as it was read
    /// a moment before. The group is read again afterwards, for there is nothing that keeps two writers apart.
    func push(_ pair: borrowing KeyPair, to target: Target, call: borrowing Call) throws(PushFailure) -> Confirmation {
        let listed = try client.find(target, call: call)
        let before = try writable(listed, target, call: call)
        guard VariableGroup.isSameMoment(listed.modifiedOn, before.modifiedOn) else {
            throw PushFailure(
                .retryable,
                "\(target.subject()): someone is changing the group at this moment; nothing was written"
            )
        }
        let id = Writing(
            name: target.accessKeyID, value: SecretBytes(pair.accessKeyID),
            isSecret: try before.find(target.accessKeyID, of: target)?.isSecret ?? false)
        let secret = Writing(name: target.secretAccessKey, value: pair.secretAccessKey, isSecret: true)
        _ = try before.find(target.secretAccessKey, of: target)
        let answer = try client.write(before, id: id, secret: secret, target, call: call)
        let after = try client.read(before.id, of: target, call: call)
        try confirm(pair, before: before, answer: answer, after: after, target)
        let keyID = try after.find(target.accessKeyID, of: target)
        let isLater = [answer.modifiedOn, before.modifiedOn].compactMap { $0.flatMap(rfc3339) }
        let isShown = isLater.count == 2 && isLater[0] > isLater[1]
        return Confirmation(
            keyID?.isSecret == false ? .readBack : isShown ? .timestamp : .acknowledged,
            "\(target.subject()): \(target.accessKeyID) and \(target.secretAccessKey) written by one request")
    }

    /// The group as it can be written: with the projects that use it.
    private func writable(
        _ listed: VariableGroup, _ target: Target, call: borrowing Call
    ) throws(PushFailure) -> VariableGroup {
        let group = try client.read(listed.id, of: target, call: call)
        guard group.showsProjects else {
            throw PushFailure(
                .conflict,
                "\(target.subject()): Azure DevOps does not show which projects use the group, and a write without them could take it "
                    + "away from them; nothing was written: let the token's user see the projects, then run keyturn retry"
            )
        }
        return group
    }

    /// What the group shows since the write: the new key ID, a secret, nothing lost, and no other write.
    private func confirm(
        _ pair: borrowing KeyPair, before: VariableGroup, answer: VariableGroup, after: VariableGroup, _ target: Target
    ) throws(PushFailure) {
        guard VariableGroup.isSameMoment(answer.modifiedOn, after.modifiedOn) else {
            throw PushFailure(
                .retryable,
                "\(target.subject()): written, but someone changed the group in the same moment, so it may hold another secret"
            )
        }
        guard let id = try after.find(target.accessKeyID, of: target),
            let secret = try after.find(target.secretAccessKey, of: target),
            id.isSecret || id.value?.equals(pair.accessKeyID) == true
        else {
            throw PushFailure(
                .retryable,
                "\(target.subject()): written, but the group does not show the new key ID: it does not confirm anything"
            )
        }
        guard secret.isSecret else {
            throw PushFailure(
                .conflict,
                "\(target.subject(target.secretAccessKey)): it is not secret, so everyone who may see the group can read it: delete it, run "
                    + "keyturn retry, then keyturn rotate")
        }
        let lost = before.variables.filter { variable in !after.variables.contains { $0.isNamed(variable.name) } }
        guard lost.isEmpty else {
            let names = oneLine(lost.map { $0.name }.joined(separator: ", "))
            throw PushFailure(
                .conflict,
                "\(target.subject()): written, but \(names) is not in the group any more: add it again, then run keyturn retry"
            )
        }
    }

    func inspect(_ target: Target, call: borrowing Call) throws(PushFailure) -> Inspection {
        let group = try client.find(target, call: call)
        let subject = target.subject(target.accessKeyID)
        guard let variable = try group.find(target.accessKeyID, of: target) else {
            throw PushFailure(.notFound, "\(subject): there is no such variable yet")
        }
        // No time: that of a group moves with each of its variables.
        guard let keyID = variable.value?.text else {
            return Inspection(keyID: nil, message: "\(subject): secret, so its value cannot be read")
        }
        return Inspection(keyID: keyID, message: "\(subject): \(oneLine(keyID, limit: 128))")
    }

    /// Other variables of the group, and other groups of the project.
    func neighbours(of target: Target, call: borrowing Call) throws(PushFailure) -> [FoundPlace] {
        try client.groups(in: target, call: call).flatMap { group in
            group.variables.flatMap { variable -> [FoundPlace] in
                let hasName = variable.isNamed(target.accessKeyID)
                guard !(hasName && group.name == target.group) else { return [] }
                let ids = variable.value?.accessKeyIDs ?? []
                let name = oneLine("variable group \(group.name) of \(target.project), variable \(variable.name)")
                let fields = [
                    (name: "organization", value: target.organization), (name: "project", value: target.project),
                    (name: "variable-group", value: group.name), (name: "access-key-id", value: variable.name),
                ]
                if ids.isEmpty {
                    return hasName && variable.isSecret ? [FoundPlace(name, fields, keyID: nil)] : []
                }
                return ids.map { FoundPlace(name, fields, keyID: $0) }
            }
        }
    }
}
