import PusherKit

/// Writes key pairs into the variables of HCP Terraform's workspaces and variable sets, and of Terraform Enterprise's.
struct TerraformCloud: Pusher {
    let client: Client

    init(configuration: TokenConfiguration) throws(PushFailure) {
        client = Client(
            endpoint: try configuration.endpoint(of: "HCP Terraform", orElse: "https://app.terraform.io/api/v2"),
            token: configuration.token)
    }

    func check(_ target: Target, call: borrowing Call) throws(PushFailure) -> String {
        let holder = try writable(target, call: call)
        let variables = try client.variables(of: holder, target, call: call)
        let inForce = holder.isWorkspace ? try client.variablesInForce(in: holder, target, call: call) : []
        var states: [String] = []
        for name in [target.accessKeyID, target.secretAccessKey] {
            let own = try variables.find(name, of: target)
            states.append("\(name) \(own == nil ? "will be created" : "exists")")
            if name == target.accessKeyID, own?.isSensitive == true {
                states.append(
                    "\(name) is sensitive, so its value cannot be read back: delete it, and keyturn makes it again")
            }
            let first = inForce.first { $0.key == name && $0.category == target.category.rawValue }
            if let first, first.id != own?.id {
                let set = first.set.map { "variable set \($0)" } ?? "a variable set"
                states.append("\(name) is in \(set) too, whose value is the one that runs see: remove it there")
            }
        }
        if holder.runsElsewhere {
            states.append("the workspace's execution mode is local, so its runs see none of its variables")
        }
        let right = holder.mayWrite == nil ? "the variables can be read" : "the variables can be read and written"
        return "\(target.subject()): \(right); " + states.joined(separator: ", ")
    }

    /// One request writes both where a workspace has both already. Otherwise the secret goes first: the key ID can be read, and is
    /// then the sign that the secret went before it.
    func push(_ pair: borrowing KeyPair, to target: Target, call: borrowing Call) throws(PushFailure) -> Confirmation {
        let holder = try writable(target, call: call)
        let before = try client.variables(of: holder, target, call: call)
        let secret = Write(
            name: target.secretAccessKey, value: pair.secretAccessKey, isSensitive: true, category: target.category,
            old: try before.find(target.secretAccessKey, of: target))
        let id = Write(
            name: target.accessKeyID, value: SecretBytes(pair.accessKeyID), isSensitive: false,
            category: target.category, old: try before.find(target.accessKeyID, of: target))
        let isOneWrite =
            holder.isWorkspace && secret.old != nil && id.old != nil
            ? try client.write([secret, id], to: holder, target, call: call) : false
        if !isOneWrite {
            try client.write(secret, to: holder, target, call: call)
            try client.write(id, to: holder, target, call: call)
        }
        let after = try client.variables(of: holder, target, call: call)
        return try confirmation(of: pair, in: after, target, isOneWrite: isOneWrite)
    }

    /// What the list shows since the writes.
    private func confirmation(
        of pair: borrowing KeyPair, in variables: [Variable], _ target: Target, isOneWrite: Bool
    ) throws(PushFailure) -> Confirmation {
        guard let id = try variables.find(target.accessKeyID, of: target),
            let secret = try variables.find(target.secretAccessKey, of: target),
            id.isSensitive || id.value?.equals(pair.accessKeyID) == true
        else {
            throw PushFailure(
                .retryable,
                "\(target.subject()): written, but the list does not show the new key ID: it does not confirm anything")
        }
        guard secret.isSensitive else {
            throw PushFailure(
                .conflict,
                "\(target.subject(target.secretAccessKey)): it is not sensitive, so everyone who may see the variables can read it: "
                    + "delete it, then run keyturn retry")
        }
        let how = isOneWrite ? "written by one request" : "written one after the other"
        return Confirmation(
            id.isSensitive ? .acknowledged : .readBack,
            "\(target.subject()): \(target.accessKeyID) and \(target.secretAccessKey) \(how)")
    }

    func inspect(_ target: Target, call: borrowing Call) throws(PushFailure) -> Inspection {
        let holder = try client.holder(of: target, call: call)
        let subject = target.subject(target.accessKeyID)
        guard
            let variable = try client.variables(of: holder, target, call: call).find(target.accessKeyID, of: target)
        else { throw PushFailure(.notFound, "\(subject): there is no such variable yet") }
        guard let keyID = variable.value?.text else {
            return Inspection(keyID: nil, message: "\(subject): sensitive, so its value cannot be read")
        }
        return Inspection(keyID: keyID, message: "\(subject): \(oneLine(keyID, limit: 128))")
    }

    /// The target's workspace or variable set, of which HCP Terraform does not say that the token may not write to it.
    private func writable(_ target: Target, call: borrowing Call) throws(PushFailure) -> Holder {
        let holder = try client.holder(of: target, call: call)
        guard holder.mayWrite != false else {
            let right =
                holder.isWorkspace
                ? "the permission to read and write variables of the workspace"
                : "the permission to manage variable sets, or all workspaces or projects"
            throw PushFailure(
                .unauthorized,
                "\(target.subject()): the token may not write its variables: give its team or user \(right)")
        }
        return holder
    }
}
