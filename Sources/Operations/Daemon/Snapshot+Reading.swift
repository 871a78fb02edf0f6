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
    init(_ line: StatusDocument.User, _ rotation: Rotation, _ policy: Policy, at now: Timestamp) {
        let due = rotation.due(at: now, policy: policy)
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
            next: .init(action: due.action.rawValue, due: due.action.waitsForPerson ? nil : due.at),
            problem: line.problem,
            problemCode: line.problemCode,
            needsAttention: needsAttention)
        problemSince = rotation.problem?.since ?? (line.problem == nil ? nil : rotation.phaseSince)
        leaks = (line.leaks.count, line.leaks.count(where: \.isActive))
        cutOffTargets = line.outage?.targets.count ?? 0
        maxAge = policy.maxAge
        isOverAge = line.overAge != nil
        overdue = line.overdue
        targets = line.targets
    }
}
