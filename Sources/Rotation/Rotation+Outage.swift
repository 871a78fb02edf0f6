/// Targets that hold a key which no longer works, so that their jobs fail.
public struct Outage: Hashable, Sendable {
    /// The dead key.
    public var key: AccessKeyID
    /// Whether it is deleted; else it is Inactive.
    public var isDeleted: Bool
    /// Those that hold it.
    public var targets: [TargetName]
}

/// Who is cut off, and which targets a rotation went without.
extension Rotation {
    /// The targets that are cut off, as far as the record goes, by the key that they hold.
    ///
    /// - Parameter targets: those of the configuration. What was taken out of it is not counted.
    public func outages(_ targets: [TargetName]) -> [Outage] {
        let dead = deadKeyOfTargets
        let isOpen = phase == .creating || phase == .verifying
        var outages: [Outage] = []
        for target in targets {
            let delivery = deliveries[target]
            if delivery == nil && !isOpen || !isOpen && delivery?.state == .confirmed { continue }
            let own = delivery?.deadKey.map { (id: $0, isDeleted: true) }
            // One that was skipped holds what it held.
            guard let held = own ?? dead else { continue }
            if let index = outages.firstIndex(where: { $0.key == held.id }) {
                outages[index].targets.append(target)
            } else {
                outages.append(Outage(key: held.id, isDeleted: held.isDeleted, targets: [target]))
            }
        }
        return outages
    }

    /// The key that targets hold which have not got the new one, where it does not work any more.
    private var deadKeyOfTargets: (id: AccessKeyID, isDeleted: Bool)? {
        guard number > 0 else { return nil }
        let old: KeyRecord?
        switch phase {
        case .creating, .verifying, .delivering: old = current
        case .overlap: old = previous
        // Whoever skips a target of a rotation without a leak knows that the old key goes in its time.
        case .soak where hasLeak, .deleting where hasLeak: old = previous
        case .idle, .soak, .deleting: return nil
        }
        if let old { return old.status == .inactive ? (old.id, false) : nil }
        return leaks.first { !isAccountedFor($0.id) && !$0.isStranger }.map { ($0.id, true) }
    }

    /// At the end of a leak's rotation, before its leak and its old key are forgotten: a target that was skipped holds the dead key until
    /// it gets another one.
    mutating func keepOutage(_ transition: inout Transition) {
        guard hasLeak, let dead = deadKeyOfTargets else { return }
        for (name, delivery) in deliveries where delivery.state == .skipped && delivery.deadKey == nil {
            deliveries[name]?.deadKey = dead.id
            transition.changedDeliveries.insert(name)
        }
    }

    /// What the end of a delivery adds to "every target": `except those left out (gitlab:acme/app)`; nil: nothing.
    public var exception: String? {
        let skipped = deliveries.filter { $0.value.state == .skipped }.keys.sorted().map(\.rawValue)
        guard !skipped.isEmpty else { return nil }
        return "except those left out (\(listed(skipped, most: 3)))"
    }

    /// The line that says that every target has the key, but for those that were left out.
    func allDelivered(_ key: AccessKeyID?, _ detail: String) -> HistoryEvent {
        HistoryEvent(.allDelivered, key: key, detail: (exception.map { "\($0); " } ?? "") + detail)
    }
}
