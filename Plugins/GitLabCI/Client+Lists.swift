import PusherKit

extension Client {
    /// The pages of one list that are read: a call may make 256 requests.
    private static let mostPagesOfFind = 220

    /// All items of a list, page after page, by the header field that says which page is next.
    func all<Item: JSONReadable>(
        _ path: [String], _ query: [(name: String, value: String)] = [], for target: Target, call: borrowing Call
    ) throws(PushFailure) -> [Item] {
        var items: [Item] = []
        var page = "1"
        for _ in 0..<Self.mostPagesOfFind {
            let paging = [(name: "per_page", value: "100"), (name: "page", value: page)]
            let response = try call.http(request(.get, path, query + paging), about: target.subject())
            guard response.isYes(200), let found = response.json([Item].self) else {
                throw rejection(response, for: target, call: call)
            }
            items += found
            guard let next = response.header("x-next-page"), !next.isEmpty else { return items }
            page = next
        }
        throw PushFailure(.unsupported, "\(target.subject()): a list of more than \(Self.mostPagesOfFind) pages")
    }

    /// All projects of the instance that the token sees. GitLab pages this list by numbers only as far as 50,000.
    func projects(for target: Target, call: borrowing Call) throws(PushFailure) -> [ListedProject] {
        var projects: [ListedProject] = []
        for _ in 0..<Self.mostPagesOfFind {
            var query = [
                (name: "pagination", value: "keyset"), (name: "order_by", value: "id"), (name: "sort", value: "asc"),
                (name: "per_page", value: "100"),
            ]
            if let last = projects.last { query.append(("id_after", "\(last.id)")) }
            let response = try call.http(request(.get, ["api", "v4", "projects"], query), about: target.subject())
            guard response.isYes(200), let found = response.json([ListedProject].self) else {
                throw rejection(response, for: target, call: call)
            }
            projects += found
            if found.count < 100 { return projects }
        }
        throw PushFailure(.unsupported, "\(target.subject()): a list of more than \(Self.mostPagesOfFind) pages")
    }
}

/// A project in a list.
struct ListedProject: JSONReadable {
    let id: Int
    let path: String
    /// Why its jobs do not run, or nothing of it can be written; empty: in use.
    let state: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        id = try fields.value("id")
        path = try fields.value("path_with_namespace")
        let isArchived: Bool? = try fields.optional("archived")
        let builds: String? = try fields.optional("builds_access_level")
        let runsJobs: Bool? = try fields.optional("jobs_enabled")
        state = isArchived == true ? "archived" : builds == "disabled" || runsJobs == false ? "CI/CD is off" : ""
    }
}

/// A group in a list.
struct ListedGroup: JSONReadable {
    let path: String

    init(json fields: JSONValue) throws(JSONMismatch) { path = try fields.value("full_path") }
}

/// A pipeline schedule. Its variables are in the answer about it alone, and only for those who may read them.
struct Schedule: JSONReadable {
    let id: Int
    let description: String
    let isActive: Bool
    /// Variables and inputs; nil: not shown.
    let values: [ScheduleValue]?

    init(json fields: JSONValue) throws(JSONMismatch) {
        id = try fields.value("id")
        description = try fields.optional("description") ?? ""
        isActive = try fields.optional("active") ?? true
        let variables: [ScheduleValue]? = try fields.optional("variables")
        let inputs: [ScheduleValue]? = try? fields.optional("inputs")
        values = variables.map { $0 + (inputs ?? []) }
    }
}

/// A variable of a schedule, or an input. Of its value nothing but the key IDs in it is kept.
struct ScheduleValue: JSONReadable {
    let listed: ListedName

    init(json fields: JSONValue) throws(JSONMismatch) {
        let key: String? = try fields.optional("key")
        let name: String = if let key { key } else { try fields.value("name") }
        // An input's value may be a number or a list.
        listed = ListedName(name, value: (try? fields.value("value")) ?? SecretBytes(""))
    }
}
