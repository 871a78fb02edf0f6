internal import JSON
internal import Rotation

/// What an event is answered with: what was done, what comes next, and what needs a person.
struct EventAnswer {
    /// Users and problems that are listed one by one; of the rest there is a count. Lambda takes 6 MB.
    static let longestList = 500

    /// What the event ordered.
    var orders: [LeakOrders.Answer] = []
    /// Those that were worked on.
    var worked: [StatusDocument.User] = []
    /// All users.
    var users: [StatusDocument.User] = []
    /// What did not work, apart from users, in sentences.
    var problems: [String] = []
    /// The worst of all.
    var status = ExitStatus.done

    /// Whether a person has to do something. What only waits is answered, and the next event goes on with it.
    var needsPerson: Bool {
        switch status {
        case .done, .unfinished, .unavailable: false
        case .failed, .usage, .notAllowed, .configuration: true
        }
    }

    /// One sentence on what needs a person.
    var summary: String {
        let blocked = users.filter { $0.problem != nil }
        let sentences =
            orders.filter { $0.status != .done }.map { "\($0.subject): \($0.text)" } + problems
            + blocked.map { "\($0.user): \($0.problem ?? "")" }
        guard let first = sentences.first else { return "something needs a person: see the function's log" }
        return sentences.count == 1 ? first : "\(first) (and \(sentences.count - 1) more: see the function's log)"
    }

    private static func document(_ next: StatusDocument.Next) -> JSONValue {
        .object(["action": .string(next.action), "due": next.due.map { .string($0) } ?? .null])
    }

    var document: JSONValue {
        let next = users.filter { $0.next.due != nil }.min { ($0.next.due ?? "") < ($1.next.due ?? "") }
        let blocked = users.filter { $0.problem != nil }
        func list<Element>(_ elements: [Element], _ show: (Element) -> JSONValue) -> JSONValue {
            .array(elements.prefix(Self.longestList).map(show))
        }
        return .object([
            "status": .integer(Int64(status.rawValue)),
            "users": .integer(Int64(users.count)),
            "worked": list(worked) { user in
                .object([
                    "user": .string(user.user), "phase": .string(user.phase),
                    "rotation": .integer(Int64(user.rotation)),
                    "next": Self.document(user.next),
                ])
            },
            "worked-count": .integer(Int64(worked.count)),
            "orders": list(orders) { order in
                .object([
                    "subject": .string(order.subject), "user": order.user.map { .string($0) } ?? .null,
                    "result": .string(order.text), "status": .integer(Int64(order.status.rawValue)),
                ])
            },
            "next": next.map { user in
                .object([
                    "user": .string(user.user), "action": .string(user.next.action),
                    "due": user.next.due.map { .string($0) } ?? .null,
                ])
            } ?? .null,
            "when-asked": .integer(Int64(users.count { $0.next.action == Due.Action.whenAsked.rawValue })),
            "problems": list(blocked.map { "\($0.user): \($0.problem ?? "")" } + problems) { .string($0) },
        ])
    }
}
