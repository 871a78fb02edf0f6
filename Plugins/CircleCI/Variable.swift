import PusherKit

/// A variable as CircleCI shows it: never its value, but its end and a time.
struct Variable: Sendable {
    let name: String
    /// What is shown of the value: `xxxx` and its last four characters, or fewer; nil: nothing is.
    let shown: SecretBytes?
    /// For a context's variable when it was written last, for a project's when it was created, as RFC 3339; nil: not said.
    let changedAt: String?

    /// Whether what is shown is the end of that value.
    ///
    /// - Returns: nil where too little is shown to know.
    func ends(as value: SecretBytes) -> Bool? {
        guard let shown else { return nil }
        return shown.withBytes { shown in
            let end = shown.suffix(4)
            guard end.count == 4, !end.elementsEqual("xxxx".utf8) else { return nil }
            return value.withBytes { $0.suffix(4).elementsEqual(end) }
        }
    }
}

/// A project's variable, in lists and in the answer to its creation.
struct ProjectVariable: JSONReadable {
    let variable: Variable

    init(json fields: JSONValue) throws(JSONMismatch) {
        // Spelled in two ways by CircleCI's own documents, and null for old variables.
        let hyphened: String? = try fields.optional("created-at")
        let underscored: String? = try fields.optional("created_at")
        variable = Variable(
            name: try fields.value("name"), shown: try fields.optional("value"), changedAt: hyphened ?? underscored)
    }
}

/// A context's variable, in lists and, without what is shown of its value, in the answer to a write.
struct ContextVariable: JSONReadable {
    let variable: Variable

    init(json fields: JSONValue) throws(JSONMismatch) {
        variable = Variable(
            name: try fields.value("variable"), shown: try fields.optional("truncated_value"),
            changedAt: try fields.optional("updated_at"))
    }
}

/// A context, as the list of an owner's contexts has it.
struct Context: JSONReadable {
    let id: String
    let name: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        id = try fields.value("id")
        name = try fields.value("name")
    }
}

/// A page of a list.
struct Page<Item: JSONReadable>: JSONReadable {
    let items: [Item]
    /// Where the next page begins; nil: this is the last one.
    let next: String?

    init(json fields: JSONValue) throws(JSONMismatch) {
        items = try fields.value("items")
        let token: String? = try fields.optional("next_page_token")
        next = token == "" ? nil : token
    }
}

/// CircleCI's error body.
struct VendorError: JSONReadable {
    let message: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        message = try fields.value("message")
    }
}
