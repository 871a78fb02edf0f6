package import Rotation

/// Users that the same thing keeps from going on: one refused token is one cause, however many users wait for it.
package struct TroubleGroup: Sendable {
    /// Smaller groups are shown user by user.
    package static let least = 4

    /// What keeps them, each in a sentence without the names of users and places.
    package var causes: [String]
    package var users: [StatusDocument.User]
    /// Targets that have not confirmed.
    package var targets: Int

    /// When the first of them is pushed to again; nil: none is until a person has decided something.
    package var nextPush: Timestamp? {
        users.filter { $0.next.action == "push" }.compactMap { $0.next.due.flatMap(Moment.parse) }.min()
    }

    /// Groups of at least ``least`` users, the largest first, and the users that are in none, in their order.
    package static func groups(
        of users: [StatusDocument.User]
    ) -> (groups: [TroubleGroup], others: [StatusDocument.User]) {
        // A leak or an outage is never one of many.
        let causes = users.map { $0.isAlarming ? [] : $0.causes }
        let byCause = Dictionary(grouping: zip(causes, users).filter { !$0.0.isEmpty }, by: \.0)
        let large = byCause.filter { $0.value.count >= least }.mapValues { $0.map(\.1) }
        let groups = large.map { causes, users in
            TroubleGroup(causes: causes, users: users, targets: users.reduce(0) { $0 + $1.late.count })
        }
        return (
            groups.sorted { ($1.users.count, $0.causes.joined()) < ($0.users.count, $1.causes.joined()) },
            zip(causes, users).filter { large[$0.0] == nil }.map(\.1)
        )
    }
}

extension StatusDocument.User {
    fileprivate var late: [StatusDocument.DeliveryLine] {
        deliveries.filter { $0.state == "failed" || $0.state == "unknown" }
    }

    /// What keeps the user from going on, without the names of its places; sorted.
    fileprivate var causes: [String] {
        guard let problemCode else { return [] }
        guard problemCode == "not-delivered" else {
            let text = problem ?? problemCode
            return [cleaned(text, of: deliveries.map(\.target).filter { text.contains($0) })]
        }
        let causes = late.map { delivery in
            let pusher = delivery.target.prefix { $0 != ":" }
            return "\(pusher): \(cleaned(delivery.detail ?? "no answer", of: [delivery.target]))"
        }
        return Set(causes).sorted()
    }

    /// A text without what differs from user to user. A message is about its own target: one of thousands is not looked for in it.
    private func cleaned(_ text: String, of targets: [String]) -> String {
        let places = targets.flatMap { [$0, String($0.drop { $0 != ":" }.dropFirst())] }
        let names = (places + keys.map(\.id) + [user]).filter { $0.count > 2 }.sorted { $0.count > $1.count }
        return names.reduce(text) { text, name in text.replacing(name, with: "…") }
    }
}
