import FoundationEssentials
import Synchronization

extension AWSService {
    /// Does what is asked; returns the inside of the result element, nil for actions that have none.
    func perform(_ call: AWSCall) throws(AWSError) -> String? {
        switch call.action {
        case "GetCallerIdentity": try callerIdentity(call)
        case "GetAccessKeyInfo": try keyInfo(call)
        case "CreateAccessKey": try createAccessKey(call)
        case "ListAccessKeys": try listAccessKeys(call)
        case "UpdateAccessKey": try updateAccessKey(call)
        case "DeleteAccessKey": try deleteAccessKey(call)
        case "GetAccessKeyLastUsed": try lastUsed(call)
        case "GetUser": XML.user(try existing(call.userName))
        case "CreateUser": try createUser(call)
        case "DeleteUser": try deleteUser(call)
        case "ListUsers": try listUsers(call)
        case "ListUserTags": try listUserTags(call)
        case "TagUser": try tagUser(call)
        default:
            throw AWSError(
                code: "InvalidAction", status: 400,
                message: "Could not find operation \(call.action) for version \(Self.versions["iam"] ?? "")")
        }
    }

    private func existing(_ name: String) throws(AWSError) -> IAMUser {
        guard let user = world.account.withLock({ $0.user(name) }) else {
            throw .noSuchEntity("The user with name \(name) cannot be found.")
        }
        return user
    }

    /// Changes the account; keeps the type of the error, which `Mutex` alone would not infer.
    private func change<Value: Sendable>(
        _ body: (inout sending Account) throws(AWSError) -> sending Value
    ) throws(AWSError) -> Value {
        try world.account.withLock(body)
    }

    private func callerIdentity(_ call: AWSCall) throws(AWSError) -> String {
        let user = try existing(call.caller)
        return XML.fields([("Arn", Self.arn(of: user)), ("UserId", user.id), ("Account", Account.number)])
    }
}

// MARK: - Access keys

extension AWSService {
    private func createAccessKey(_ call: AWSCall) throws(AWSError) -> String {
        let delay = world.settings.propagationDelaySeconds
        let key = try change { account throws(AWSError) in
            try account.createKey(for: call.userName, at: call.now, spreadingFor: delay)
        }
        return XML.element(
            "AccessKey",
            [
                ("UserName", call.userName), ("AccessKeyId", key.id), ("Status", key.status.rawValue),
                ("SecretAccessKey", key.secret), ("CreateDate", Timestamp.text(key.created)),
            ])
    }

    private func listAccessKeys(_ call: AWSCall) throws(AWSError) -> String {
        let user = try existing(call.userName)
        let page = try call.page(user.keys)
        let members = page.items.map { key in
            XML.element(
                "member",
                [
                    ("UserName", user.name), ("AccessKeyId", key.id), ("Status", key.status.rawValue),
                    ("CreateDate", Timestamp.text(key.created)),
                ])
        }
        return XML.list("AccessKeyMetadata", members, marker: page.marker)
    }

    private func updateAccessKey(_ call: AWSCall) throws(AWSError) -> String? {
        let id = try call.required("AccessKeyId")
        let text = try call.required("Status")
        guard let status = AccessKey.Status(rawValue: text) else {
            throw .validation(
                "1 validation error detected: Value '\(text)' at 'status' failed to satisfy constraint: "
                    + "Member must satisfy enum value set: [Active, Inactive]")
        }
        try change { account throws(AWSError) in
            try account.setStatus(status, ofKey: id, of: call.userName)
        }
        return nil
    }

    private func deleteAccessKey(_ call: AWSCall) throws(AWSError) -> String? {
        let id = try call.required("AccessKeyId")
        try change { account throws(AWSError) in try account.deleteKey(id, of: call.userName) }
        return nil
    }

    /// The account of any key, also of another account's and of one that is gone.
    private func keyInfo(_ call: AWSCall) throws(AWSError) -> String {
        let isForeign = try call.required("AccessKeyId") == world.moods.withLock { $0.foreignKey }
        return XML.fields([("Account", isForeign ? "999988887777" : Account.number)])
    }

    private func lastUsed(_ call: AWSCall) throws(AWSError) -> String {
        let id = try call.required("AccessKeyId")
        guard world.moods.withLock({ $0.foreignKey }) != id else {
            throw .forbidden("AccessDenied", "User is not authorized to perform: iam:GetAccessKeyLastUsed")
        }
        guard let user = world.account.withLock({ $0.user(owning: id) }),
            let key = user.keys.first(where: { $0.id == id })
        else { throw .noSuchEntity("The Access Key with id \(id) cannot be found.") }
        let used = key.lastUse.map { [("LastUsedDate", Timestamp.text($0.date))] } ?? []
        return XML.fields([("UserName", user.name)])
            + XML.element(
                "AccessKeyLastUsed",
                used + [("ServiceName", key.lastUse?.service ?? "N/A"), ("Region", key.lastUse?.region ?? "N/A")])
    }
}

// MARK: - Users

extension AWSService {
    private func createUser(_ call: AWSCall) throws(AWSError) -> String {
        let name = try call.required("UserName")
        guard name.wholeMatch(of: #/[A-Za-z0-9_+=,.@-]{1,64}/#) != nil else {
            throw .validation("The specified value for userName is invalid.")
        }
        return XML.user(try change { account throws(AWSError) in try account.createUser(name, at: call.now) })
    }

    private func deleteUser(_ call: AWSCall) throws(AWSError) -> String? {
        let name = try call.required("UserName")
        try change { account throws(AWSError) in try account.deleteUser(name) }
        return nil
    }

    private func listUsers(_ call: AWSCall) throws(AWSError) -> String {
        let prefix = call.parameters["PathPrefix"] ?? "/"
        let page = try call.page(world.account.withLock { $0.users }.filter { $0.path.hasPrefix(prefix) })
        return XML.list("Users", page.items.map { XML.user($0, as: "member") }, marker: page.marker)
    }

    private func tagUser(_ call: AWSCall) throws(AWSError) -> String? {
        let user = try existing(try call.required("UserName"))
        var tags = user.tags
        for number in 1...50 {
            guard let key = call.parameters["Tags.member.\(number).Key"] else { break }
            tags[key] = call.parameters["Tags.member.\(number).Value"] ?? ""
        }
        let changed = tags
        try change { account throws(AWSError) in try account.label(user.name, path: user.path, tags: changed) }
        return nil
    }

    private func listUserTags(_ call: AWSCall) throws(AWSError) -> String {
        let tags = try existing(try call.required("UserName")).tags.sorted { $0.key < $1.key }
        let page = try call.page(tags)
        let members = page.items.map { XML.element("member", [("Key", $0.key), ("Value", $0.value)]) }
        return XML.list("Tags", members, marker: page.marker)
    }
}

extension XML {
    fileprivate static func fields(_ fields: [(name: String, value: String)]) -> String {
        fields.map { "<\($0.name)>\(escape($0.value))</\($0.name)>" }.joined()
    }

    fileprivate static func list(_ name: String, _ members: [String], marker: String?) -> String {
        let end = marker.map { [("IsTruncated", "true"), ("Marker", $0)] } ?? [("IsTruncated", "false")]
        return "<\(name)>\(members.joined())</\(name)>" + fields(end)
    }

    fileprivate static func user(_ user: IAMUser, as name: String = "User") -> String {
        element(
            name,
            [
                ("Path", user.path), ("UserName", user.name), ("UserId", user.id), ("Arn", AWSService.arn(of: user)),
                ("CreateDate", Timestamp.text(user.created)),
            ])
    }
}
