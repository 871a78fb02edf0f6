import PusherKit

/// A variable as HCP Terraform shows it.
struct Variable: JSONReadable {
    let id: String
    let key: String
    let category: String
    let isSensitive: Bool
    /// Whether the value is an expression of Terraform's language, and not a text.
    let isExpression: Bool
    /// Nil where it is sensitive.
    let value: SecretBytes?
    /// The ID of the variable set that it comes from; nil: it is the workspace's own.
    let set: String?

    init(json resource: JSONValue) throws(JSONMismatch) {
        let attributes: JSONValue = try resource.value("attributes")
        id = try resource.value("id")
        key = try attributes.value("key")
        category = try attributes.optional("category") ?? ""
        isSensitive = try attributes.optional("sensitive") ?? false
        isExpression = try attributes.optional("hcl") ?? false
        value = isSensitive ? nil : try attributes.optional("value")
        set = try resource["relationships"]?["varset"]?["data"]?.optional("id")
    }
}

extension [Variable] {
    /// The variable that a target names, or nil where there is none yet.
    func find(_ name: String, of target: Target) throws(PushFailure) -> Variable? {
        let found = filter { $0.key == name && $0.category == target.category.rawValue }
        guard found.count < 2 else {
            throw PushFailure(
                .conflict, "\(target.subject(name)): there are \(found.count) of that name: delete the others")
        }
        guard let variable = found.first, variable.isExpression, target.category == .terraform else {
            return found.first
        }
        throw PushFailure(
            .conflict,
            "\(target.subject(name)): its value is written in HCL, and a key is plain text: clear HCL in the variable's settings"
        )
    }
}

/// A list's page.
struct Page<Item: JSONReadable>: JSONReadable {
    let items: [Item]
    let isLast: Bool

    init(json page: JSONValue) throws(JSONMismatch) {
        items = try page.value("data")
        let pagination = page["meta"]?["pagination"] ?? page["meta"]
        isLast = pagination?["next-page"] == nil && page["links"]?["next"] == nil
    }
}

/// What holds variables: a workspace or a variable set, and what the token may do there.
struct Holder: Sendable {
    let id: String
    /// The path of its variables.
    let path: [String]
    let isWorkspace: Bool
    /// Nil where HCP Terraform does not say.
    let mayWrite: Bool?
    /// Whether a workspace's runs happen on the operator's machine, which sees none of its variables.
    let runsElsewhere: Bool
}

/// A workspace.
struct Workspace: JSONReadable {
    let holder: Holder

    init(json document: JSONValue) throws(JSONMismatch) {
        let data: JSONValue = try document.value("data")
        let id: String = try data.value("id")
        let attributes = data["attributes"]
        holder = Holder(
            id: id, path: ["workspaces", id, "vars"], isWorkspace: true,
            mayWrite: try attributes?["permissions"]?.optional("can-update-variable"),
            runsElsewhere: try attributes?.optional("execution-mode") == "local")
    }
}

/// A variable set, in a list.
struct VariableSet: JSONReadable {
    let name: String
    let holder: Holder

    init(json data: JSONValue) throws(JSONMismatch) {
        let id: String = try data.value("id")
        name = try data["attributes"]?.optional("name") ?? ""
        holder = Holder(
            id: id, path: ["varsets", id, "relationships", "vars"], isWorkspace: false,
            mayWrite: try data["attributes"]?["permissions"]?.optional("can-update"), runsElsewhere: false)
    }
}

/// An answer about one thing.
struct One<Item: JSONReadable>: JSONReadable {
    let item: Item

    init(json document: JSONValue) throws(JSONMismatch) {
        item = try document.value("data")
    }
}

/// HCP Terraform's error body: JSON:API's, of which the first error is read.
struct VendorError: JSONReadable {
    let message: String

    init(json document: JSONValue) throws(JSONMismatch) {
        guard let first = document["errors"]?.elements.first else { throw document.wrong("errors", "is empty") }
        // Older versions write texts where JSON:API has objects.
        if first.kind == .text {
            message = try String(json: first)
            return
        }
        let texts: [String?] = [try first.optional("title"), try first.optional("detail")]
        message = texts.compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ": ")
    }
}
