import PusherKit

/// A variable group as Azure DevOps shows it.
///
/// Writing replaces a group as a whole: every variable that is not sent is deleted, every project that is not named may lose the
/// group. So what a write sends is made from what was read.
struct VariableGroup: JSONReadable {
    let id: Int64
    let name: String
    /// `Vsts` where the values are in Azure DevOps, `AzureKeyVault` where they are in a key vault.
    let type: String
    let variables: [Variable]
    /// When anything of the group was changed last; nil: not said.
    let modifiedOn: String?
    /// The projects that use the group, as they were read. Lists leave them out.
    private let projects: JSONValue?
    private let description: JSONValue?
    private let providerData: JSONValue?

    init(json group: JSONValue) throws(JSONMismatch) {
        id = try group.value("id")
        name = try group.value("name")
        type = try group.value("type")
        modifiedOn = try group.optional("modifiedOn")
        var variables: [Variable] = []
        for (name, value) in (group["variables"]?.fields ?? []) {
            variables.append(try Variable(name: name, json: value))
        }
        self.variables = variables
        let projects = group["variableGroupProjectReferences"]
        self.projects = projects?.elements.isEmpty == false ? projects : nil
        description = group["description"]
        providerData = group["providerData"]
    }

    /// Whether a write can name the projects that use the group.
    var showsProjects: Bool { projects != nil }

    /// The variable of that name, or nil where there is none. Azure DevOps compares names without case.
    func find(_ name: String, of target: Target) throws(PushFailure) -> Variable? {
        let found = variables.filter { $0.isNamed(name) }
        guard found.count < 2 else {
            throw PushFailure(
                .conflict, "\(target.subject(name)): there are \(found.count) of that name: delete the others")
        }
        return found.first
    }

    /// The group as a write sends it, with those two variables changed and everything else as it is.
    func body(id keyID: Writing, secret: Writing) -> JSONBody {
        var map = JSONBody()
        for variable in variables {
            let writing = [keyID, secret].first { variable.isNamed($0.name) }
            map.set(variable.name, variable.body(writing))
        }
        for writing in [secret, keyID] where !variables.contains(where: { $0.isNamed(writing.name) }) {
            map.set(writing.name, writing.body)
        }
        var body = JSONBody()
        body.set("type", type)
        body.set("name", name)
        if let description { body.set("description", description) }
        body.set("variables", map)
        if let providerData { body.set("providerData", providerData) }
        body.set("variableGroupProjectReferences", projects)
        return body
    }

    /// Whether two of its times are the same moment, or neither is said. Databases round to some milliseconds, so an answer to a
    /// write and a later one may differ by those.
    static func isSameMoment(_ left: String?, _ right: String?) -> Bool {
        guard let left, let right else { return left == right }
        guard let one = rfc3339(left), let other = rfc3339(right) else { return left == right }
        return (one > other ? one - other : other - one) < .milliseconds(10)
    }
}

/// A variable of a group.
struct Variable {
    /// In the spelling that the group has.
    let name: String
    let isSecret: Bool
    /// Nil where it is secret.
    let value: SecretBytes?
    private let isReadOnly: Bool?

    init(name: String, json fields: JSONValue) throws(JSONMismatch) {
        self.name = name
        isSecret = try fields.optional("isSecret") ?? false
        isReadOnly = try fields.optional("isReadOnly")
        value = isSecret ? nil : try fields.optional("value")
    }

    func isNamed(_ other: String) -> Bool { name.lowercased() == other.lowercased() }

    /// As a write sends it: with another value, or as it is. Of a secret that is to stay, the value is sent as null.
    func body(_ writing: Writing?) -> JSONBody {
        var body = JSONBody()
        switch writing?.value ?? value {
        case let value?: body.set("value", value)
        case nil: body.set("value", JSONValue?.none)
        }
        body.set("isSecret", writing?.isSecret ?? isSecret)
        if let isReadOnly { body.set("isReadOnly", isReadOnly) }
        return body
    }
}

/// A variable that is to be written.
struct Writing {
    let name: String
    let value: SecretBytes
    let isSecret: Bool

    /// As a write sends a variable that is not there yet.
    var body: JSONBody {
        var body = JSONBody()
        body.set("value", value)
        body.set("isSecret", isSecret)
        return body
    }
}

/// A page of a list.
struct Page<Item: JSONReadable>: JSONReadable {
    let items: [Item]

    init(json fields: JSONValue) throws(JSONMismatch) {
        items = try fields.value("value")
    }
}

/// Who asks.
struct ConnectionData: JSONReadable {
    /// The user's name; nil: not said.
    let user: String?

    init(json fields: JSONValue) throws(JSONMismatch) {
        let user: JSONValue = try fields.value("authenticatedUser")
        let custom: String? = try user.optional("customDisplayName")
        let provided: String? = try user.optional("providerDisplayName")
        self.user = custom ?? provided
    }
}

/// Azure DevOps's error body, in the two forms that it has.
struct VendorError: JSONReadable {
    let message: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        if let message: String = try fields.optional("message") {
            self.message = message
        } else {
            let value: JSONValue = try fields.value("value")
            message = try value.value("Message")
        }
    }
}
