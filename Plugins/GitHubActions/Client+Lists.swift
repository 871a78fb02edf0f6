import PusherKit

extension Client {
    /// The pages of one list that are read: a call may make 256 requests.
    private static let mostPages = 200

    /// All items of a list, page after page.
    ///
    /// - Parameters:
    ///   - name: the field with the items; nil: the answer is the list.
    ///   - size: of a page: 100, of variables 30.
    func all<Item: JSONReadable>(
        _ path: [String], _ name: String?, _ size: Int = 100, _ query: [(name: String, value: String)] = [],
        for target: Target, call: borrowing Call
    ) throws(PushFailure) -> [Item] {
        var items: [Item] = []
        for page in 1...Self.mostPages {
            let paging = [(name: "per_page", value: "\(size)"), (name: "page", value: "\(page)")]
            let response = try send(.get, path, query + paging, for: target, call: call)
            guard response.isYes(200), let list: [Item] = Self.items(response, name) else {
                throw rejection(response, for: target, call: call)
            }
            items += list
            // Only lists across organizations say so: repositories are missing, and nothing else shows it.
            if let header = response.header("x-github-sso"), header.has("partial-results") {
                throw PushFailure(
                    .unauthorized,
                    "\(target.subject()): the list is not whole, for the token is not authorized for an organization's "
                        + "single sign-on: authorize it in GitHub's settings")
            }
            let total = response.json(Total.self)?.total
            if total.map({ items.count >= $0 }) ?? (list.count < size) || list.isEmpty { return items }
        }
        throw PushFailure(.unsupported, "\(target.subject()): a list of more than \(Self.mostPages) pages")
    }

    private static func items<Item: JSONReadable>(_ response: HTTPResponse, _ name: String?) -> [Item]? {
        guard let name else { return response.json([Item].self) }
        return response.json(JSONValue.self).flatMap { try? $0.value(name) }
    }
}

private struct Total: JSONReadable {
    let total: Int?

    init(json fields: JSONValue) throws(JSONMismatch) { total = try fields.optional("total_count") }
}

/// A secret or variable in a list. Of a variable's value nothing but the key IDs in it is kept.
struct ListedItem: JSONReadable {
    let listed: ListedName
    /// Organizations only: `all`, `private` or `selected`.
    let visibility: String?

    init(json fields: JSONValue) throws(JSONMismatch) {
        let name: String = try fields.value("name")
        let written = newest([try fields.optional("updated_at")])
        visibility = try fields.optional("visibility")
        if let value: SecretBytes = try fields.optional("value") {
            listed = ListedName(name, value: value, changedAt: written)
        } else {
            listed = ListedName(name, changedAt: written)
        }
    }
}

/// A repository in a list.
struct ListedRepository: JSONReadable {
    let name: String
    /// Why its jobs do not run, or nothing of it can be written; empty: in use.
    let state: String
    let id: Int?

    init(json fields: JSONValue) throws(JSONMismatch) {
        name = try fields.value("full_name")
        id = try fields.optional("id")
        let isArchived: Bool? = try fields.optional("archived")
        let isDisabled: Bool? = try fields.optional("disabled")
        state = isArchived == true ? "archived" : isDisabled == true ? "disabled" : ""
    }
}

/// Something with a name, such as an environment.
struct NamedItem: JSONReadable {
    let name: String

    init(json fields: JSONValue) throws(JSONMismatch) { name = try fields.value("name") }
}
