internal import Configuration
internal import Engine
internal import Rotation

/// History as sentences that an operator wants to read afterwards.
struct Narration {
    private let rotation: Rotation
    private let policy: Policy?
    private let at: Timestamp

    init(_ progress: RotationProgress) {
        rotation = progress.rotation
        policy = progress.policy
        at = progress.at
    }

    /// For lines of the past, for which the rotation of that time is gone.
    init(at: Timestamp, number: Int) {
        var rotation = Rotation(at: at)
        rotation.number = number
        self.rotation = rotation
        policy = nil
        self.at = at
    }

    func line(_ note: HistoryEvent) -> (level: EventLog.Level, text: String) { (level(note), text(note)) }

    private func level(_ note: HistoryEvent) -> EventLog.Level {
        switch note.kind {
        // What is tried again in a moment has not failed yet.
        case .notDelivered where isPassing(note.target): .notice
        case .blocked, .notDelivered, .refused, .historyBroken: .error
        case .creationUncertain, .orphanSeen, .deletingOrphan, .orphanDeleted, .successorLost, .reactivatedOutside,
            .skipped, .targetLeft, .driftSeen, .pushingAgain, .stateMayBeBehind:
            .warning
        default: .info
        }
    }

    private func isPassing(_ target: TargetName?) -> Bool {
        guard let target, let policy else { return false }
        return rotation.deliveries[target]?.isPassing(policy) ?? false
    }

    /// - Parameter operator: who gives orders; a line of the history knows.
    func text(_ note: HistoryEvent, operator: String = "an operator") -> String {
        let key = note.key.map(\.rawValue) ?? "the key"
        let reason = note.detail.map { ": \($0)" } ?? ""
        let target = note.target.map(\.rawValue) ?? "a target"
        return switch note.kind {
        case .keysSeen: "IAM has \(key), \(note.detail ?? "")\(created(note.key))"
        case .takenOver: "found \(key)\(reason); keyturn manages it from now on"
        case .began: "rotation \(number) begins\(reason)" + (note.key.map { "; it replaces \($0)" } ?? "")
        case .creating: "creating a new key (CreateAccessKey)"
        case .created: "created \(key)\(reason)"
        case .creationUncertain: "it is not known whether a key was created\(reason); looking"
        case .orphanSeen: "found \(key)\(reason)"
        case .deletingOrphan: "deleting \(key), which keyturn made and no one can use"
        case .orphanDeleted: "deleted \(key)\(reason)"
        case .verifying: "checking \(key) with STS until IAM has propagated it"
        case .verified: "\(key) works\(reason)"
        case .successorLost: "\(key) is lost\(reason); making another"
        case .delivering: "delivering \(key) \(note.detail ?? "")"
        case .delivered: "\(target) holds \(key) (\(note.evidence?.rawValue ?? "confirmed"))\(reason)"
        case .notDelivered: "\(target) has not confirmed \(key)\(reason)\(again(note.retryAt))"
        case .skipped: "\(target) is left out of this rotation\(reason)"
        case .targetAdded: "\(target) is \(note.detail ?? "new")"
        case .targetLeft: "\(target) is no longer in the configuration; it holds \(key)"
        case .forgotten: note.target == nil ? "forgot this user\(reason)" : "forgot \(target)\(reason)"
        case .allDelivered: "every target holds \(key)\(afterEvery(note.detail))\(overlap)"
        case .driftSeen: "\(target) has changed\(reason)"
        case .driftOver: "\(target) shows \(key) again"
        case .pushingAgain: "pushing \(key) to \(target) again\(reason)"
        case .notInUse: "\(key) is delivered and not in use yet\(reason)"
        case .adopted: "\(key) is the one in use\(reason)"
        case .activating: "making \(key) Active again"
        case .activated: "\(key) is Active\(reason)"
        case .stillInUse: "\(key) is still in use\(reason)"
        case .deactivating: "deactivating \(key)\(reason)"
        case .deactivated: "\(key) is Inactive\(reason)\(note.key == rotation.previous?.id ? soak : "")"
        case .reactivatedOutside: "\(key) is Active again\(reason)"
        case .deleting: "deleting \(key)\(reason)"
        case .deleted: "\(key) is deleted\(reason)"
        case .completed: "rotation \(number) is complete\(next)"
        case .blocked: "blocked\(reason)"
        case .historyPruned: "pruned the history\(reason)"
        case .historyBroken: "the history is not as keyturn wrote it\(reason)"
        case .stateMayBeBehind: "the state may be older than what was done\(reason)"
        case .refused: "cannot \(note.detail ?? "do that")"
        case .requested: "\(`operator`) asked to \(note.detail ?? "go on")"
        }
    }

    /// What a detail adds to "every target": an exception, or something else.
    private func afterEvery(_ detail: String?) -> String {
        detail.map { ($0.hasPrefix("except ") ? ", " : "; ") + $0 } ?? ""
    }

    private var number: String { rotation.number > 0 ? "\(rotation.number)" : "" }

    private func created(_ id: AccessKeyID?) -> String {
        let known = [rotation.current, rotation.next, rotation.previous].compactMap { $0 }.first { $0.id == id }
        return known.map { ", created \(Moment.text($0.created)) (\(Moment.ago($0.created, to: at)))" } ?? ""
    }

    private func again(_ retryAt: Timestamp?) -> String {
        retryAt.map { "; it is tried again \(Moment.relative($0, to: at))" } ?? ""
    }

    private var overlap: String {
        guard let policy, let previous = rotation.previous, !rotation.hasLeak else { return "" }
        return "; \(previous.id) stays active until \(Moment.text(at + policy.overlap)) (overlap "
            + "\(DurationText.text(policy.overlap)))"
    }

    private var soak: String {
        guard let policy, !rotation.hasLeak else { return "" }
        return "; it is deleted after \(Moment.text(at + policy.soak)) (soak \(DurationText.text(policy.soak)))"
    }

    private var next: String {
        guard let policy, rotation.current != nil else { return "" }
        return "; the next one begins at \(Moment.text(rotation.due(at: at, policy: policy).at))"
    }
}
