internal import JSON
internal import JSONSchema

extension Configuration {
    /// The identity that signs what a pusher asks of AWS: the fields of the file's `aws`, where its own `aws` does not say otherwise.
    ///
    /// Never keyturn's own: with the rights of that, a plugin could read and write what is keyturn's.
    func identity(of pusher: PusherEntry) throws(ConfigurationError) -> Account {
        let place = "pushers.\(pusher.name).aws"
        guard case .mapping(let members) = pusher.field.value else { preconditionFailure("read as a mapping before") }
        let field = members.first { $0.name == "aws" }?.field
        let own = try Self.readAccount(field, place, file, default: account)
        guard own.role?.arn == account.role?.arn, own.role != nil || own.profile == account.profile else { return own }
        throw ConfigurationError(
            file: file, line: field?.line ?? pusher.line,
            "`\(place).role-arn` is missing: a pusher signs its requests to AWS as a role of its own, never as keyturn; `keyturn policy --pusher \(pusher.name)` prints what the role needs"
        )
    }

    /// A target's region is a part of what it is, so the environment has no say in it.
    func fillInRegion(
        _ fields: inout [String: JSONValue], _ target: TargetEntry, _ pusher: PusherEntry, _ plugin: PluginDescription,
        _ place: String
    ) throws(ConfigurationError) {
        guard plugin.target.properties["region"] != nil, fields["region"] == nil else { return }
        guard let region = try identity(of: pusher).region else {
            throw ConfigurationError(
                file: file, line: target.field.line,
                "`\(place).region` is missing: write it here, or for all targets in `pushers.\(pusher.name).aws`")
        }
        fields["region"] = .string(region)
    }
}

extension Configuration.Account {
    /// The account that the role is in; nil: there is no role.
    public var roleAccount: String? { role.map { String($0.account) } }

    /// What distinguishes its places from those of other accounts that have the same names.
    var service: String {
        ["aws", roleAccount ?? profile ?? "", endpoint ?? ""].joined(separator: " ").lowercased()
    }
}
