internal import Journal
internal import Rotation

/// What the history of one user says about its keys, read once, oldest line first.
struct KeyLives {
    /// One access key, from when keyturn knew it until it was of no use any more.
    struct Life: Hashable {
        var key: AccessKeyID
        /// When it was created, or first seen.
        var since: Timestamp
        /// Whether it may be older: keyturn did not create it, and IAM's date is not in the history.
        var isAtLeast = false
        /// When it was made Inactive or deleted; nil: it is Active.
        var until: Timestamp?

        /// How old it became by then while it was Active.
        func age(at now: Timestamp) -> Duration { max(.zero, min(until ?? now, now) - since) }
    }

    /// A target that an operator left out of a rotation.
    struct Skip: Hashable {
        var target: TargetName
        var at: Timestamp
        var reason: String?
    }

    /// A key that was declared leaked.
    struct Leak: Hashable {
        var key: AccessKeyID
        var at: Timestamp
        /// When it was made Inactive or deleted; nil: it is Active still.
        var deadAt: Timestamp?
    }

    private(set) var lives: [AccessKeyID: Life] = [:]
    private(set) var skips: [Skip] = []
    private(set) var leaks: [Leak] = []
    /// When rotations were complete.
    private(set) var completed: [Timestamp] = []

    /// Takes in the next line.
    mutating func take(_ note: HistoryEvent, at moment: Timestamp) {
        switch note.kind {
        case .created: note.key.map { lives[$0] = Life(key: $0, since: moment) }
        case .takenOver, .adopted: note.key.map { see($0, moment) }
        case .deactivated, .deleted, .orphanDeleted: note.key.map { end($0, moment) }
        case .activated, .reactivatedOutside: note.key.map { revive($0, moment) }
        case .skipped:
            note.target.map { skips.append(Skip(target: $0, at: moment, reason: note.detail)) }
        case .requested where note.detail?.hasPrefix("revoke") == true:
            guard let key = note.key, !leaks.contains(where: { $0.key == key && $0.deadAt == nil }) else { return }
            leaks.append(Leak(key: key, at: moment, deadAt: lives[key]?.until))
        case .completed: completed.append(moment)
        default: break
        }
    }

    /// Of keys that are still there the record knows when IAM created them.
    mutating func take(_ key: KeyRecord, at now: Timestamp) {
        var life = lives[key.id] ?? Life(key: key.id, since: key.created)
        (life.since, life.isAtLeast) = (min(life.since, key.created), false)
        if key.status == .active { life.until = nil } else if life.until == nil { life.until = now }
        lives[key.id] = life
    }

    private mutating func see(_ key: AccessKeyID, _ moment: Timestamp) {
        if lives[key] == nil { lives[key] = Life(key: key, since: moment, isAtLeast: true) }
    }

    private mutating func end(_ key: AccessKeyID, _ moment: Timestamp) {
        see(key, moment)
        if lives[key]?.until == nil { lives[key]?.until = moment }
        for index in leaks.indices where leaks[index].key == key && leaks[index].deadAt == nil {
            leaks[index].deadAt = moment
        }
    }

    private mutating func revive(_ key: AccessKeyID, _ moment: Timestamp) {
        see(key, moment)
        lives[key]?.until = nil
    }
}
