internal import Configuration
internal import Listening
internal import PusherHost
internal import Rotation

extension StatusPage.Times {
    static let standard = Self {
        Moment.text($0)
    } span: {
        DurationText.text($0)
    }
}

extension Snapshot {
    mutating func take(_ paces: [PaceReport]) {
        for pace in paces {
            budgets += pace.budgets.map { budget in
                Budget(
                    pusher: pace.pusher, span: budget.seconds.map { "\($0)s" } ?? "service", limit: budget.limit,
                    left: budget.left)
            }
            pauses[pace.pusher] = pace.pause ?? .zero
        }
    }
}

extension Snapshot.User {
    /// - Parameter requirements: nil: the user is not in the configuration any more.
    init(_ line: StatusDocument.User, _ rotation: Rotation, _ requirements: UserRequirements?, at now: Timestamp) {
        let due = requirements.map { rotation.due(at: now, policy: $0.policy) }
        let isFanOut = [.creating, .verifying, .delivering].contains(rotation.phase)
        let needsAttention =
            line.problem != nil || line.overAge != nil || line.isAlarming
            || line.deliveries.contains { delivery in
                !delivery.isQuiet && delivery.state != "skipped" && !(isFanOut && delivery.state == "pending")
            }
        self.init(
            name: line.user, phase: rotation.phase, rotation: rotation.number,
            keys: [("current", rotation.current), ("next", rotation.next), ("previous", rotation.previous)].compactMap {
                role, key in
                key.map { .init(id: $0.id.rawValue, role: role, status: $0.status.rawValue, created: $0.created) }
            },
            deliveries: line.deliveries.map { delivery in
                .init(
                    target: delivery.target, state: delivery.state, evidence: delivery.evidence,
                    attempts: delivery.attempts, at: delivery.at, detail: delivery.detail,
                    mayBeTorn: delivery.mayBeTorn, drift: delivery.drift, isQuiet: delivery.isQuiet)
            },
            next: .init(action: line.next.action, due: line.next.due == nil ? nil : due?.at),
            problem: line.problem,
            problemCode: line.problemCode,
            needsAttention: needsAttention)
        problemSince = rotation.obstacle?.since ?? (line.problem == nil ? nil : rotation.phaseSince)
        leaks = (line.leaks.count, line.leaks.count(where: \.isActive))
        cutOffTargets = line.outage?.targets.count ?? 0
        maxAge = requirements?.policy.maxAge
        isOverAge = line.overAge != nil
        overdue = line.overdue
        frozenUntil = line.frozenUntil
        targets = line.targets
        isConfigured = requirements != nil
        orders = requirements.map { Self.orders(rotation, $0, at: now) } ?? [.forget]
    }

    /// What may be typed and does something: one that is in progress is not begun again by `rotate`.
    private static func orders(
        _ rotation: Rotation, _ requirements: UserRequirements, at now: Timestamp
    ) -> [Snapshot.Order] {
        func allows(_ request: Event.Request) -> Bool {
            rotation.refusal(of: request, at: now, requirements: requirements) == nil
        }
        var orders: [Snapshot.Order] = rotation.mayRetry ? [.retry] : []
        if rotation.phase == .idle, allows(.rotate()) { orders.append(.rotate) }
        if allows(.rollback) { orders.append(.rollback) }
        if allows(.retire(reason: "")) { orders.append(.retire) }
        if allows(.revoke(atOnce: false)) { orders.append(.revoke) }
        return orders
    }
}
