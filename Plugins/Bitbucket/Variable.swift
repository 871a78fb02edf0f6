import PusherKit

/// A pipeline variable as Bitbucket shows it.
struct Variable: JSONReadable {
    /// In braces.
    let uuid: String
    let key: String
    let isSecured: Bool
    /// Nil where it is secured.
    let value: SecretBytes?

    init(json fields: JSONValue) throws(JSONMismatch) {
        uuid = try fields.value("uuid")
        key = try fields.value("key")
        isSecured = try fields.value("secured")
        value = isSecured ? nil : try fields.optional("value")
    }
}

/// A deployment environment, in a list.
struct Environment: JSONReadable {
    let uuid: String
    let name: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        uuid = try fields.value("uuid")
        name = try fields.value("name")
    }
}

/// A list's page.
struct Page<Item: JSONReadable>: JSONReadable {
    let items: [Item]
    /// The next page's address, which Bitbucket says is never to be built; nil: this is the last one.
    let next: String?

    init(json page: JSONValue) throws(JSONMismatch) {
        items = try page.value("values")
        next = try page.optional("next")
    }
}

/// Bitbucket's error body.
struct VendorError: JSONReadable {
    let message: String

    init(json document: JSONValue) throws(JSONMismatch) {
        let error: JSONValue = try document.value("error")
        let texts: [String?] = [try error.value("message"), try? error.optional("detail")]
        message = texts.compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ": ")
    }
}
