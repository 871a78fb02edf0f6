/// A key that an operator has declared leaked: it goes without overlap and soak, and never becomes Active again.
public struct Leak: Hashable, Codable, Sendable {
    /// Leaked keys that are dealt with at the same time: a user has two keys, and those that are gone leave with their rotation.
    static let limit = 8

    /// Which key.
    public var id: AccessKeyID
    /// Whether it is to be dead before it is replaced, whoever holds it.
    public var isAtOnce: Bool
    /// Whether keyturn had no record of it when the order was given.
    public var isStranger: Bool

    /// A key that has leaked.
    public init(_ id: AccessKeyID, isAtOnce: Bool = false, isStranger: Bool = false) {
        (self.id, self.isAtOnce, self.isStranger) = (id, isAtOnce, isStranger)
    }
}

extension Rotation {
    /// Whether an operator has declared a key leaked that keyturn accounts for, until the rotation that it is gone with is
    /// complete: this one waits for nothing but its targets.
    public var hasLeak: Bool { leaks.contains { !isOfStranger($0) } }

    /// A leaked key of the user that keyturn has no record of: it is deactivated, and nothing else follows from it.
    public var strangerLeak: Leak? { leaks.first { isOfStranger($0) } }

    /// An `adopt` may have made it one that keyturn accounts for.
    private func isOfStranger(_ leak: Leak) -> Bool { leak.isStranger && !isAccountedFor(leak.id) }

    /// Whether an operator has declared this key leaked.
    public func isLeaked(_ id: AccessKeyID?) -> Bool { leaks.contains { $0.id == id } }

    func isLeakedAtOnce(_ id: AccessKeyID?) -> Bool { leaks.contains { $0.id == id && $0.isAtOnce } }

    /// Whether the key that is on its way to the targets leaked before any of them could have it, or has to go although some do.
    /// Then it is not delivered any further: it is deleted, and another one is made.
    var isNextCondemned: Bool {
        guard let next, isLeaked(next.id), phase == .verifying || phase == .delivering else { return false }
        return isLeakedAtOnce(next.id) || phase == .verifying || !deliveries.values.contains { $0.attempts > 0 }
    }

    /// Whether a key is one of the user's that keyturn has a record of.
    public func accountsFor(_ id: AccessKeyID) -> Bool { isAccountedFor(id) || isLeaked(id) }

    func isAccountedFor(_ id: AccessKeyID) -> Bool {
        [current, next, previous].contains { $0?.id == id }
    }

    /// The same order once more may add `--now`; it never takes it back, since the key may be dead already.
    mutating func addLeak(_ id: AccessKeyID, isAtOnce: Bool) {
        if let index = leaks.firstIndex(where: { $0.id == id }) {
            leaks[index].isAtOnce = leaks[index].isAtOnce || isAtOnce
        } else {
            leaks.append(Leak(id, isAtOnce: isAtOnce, isStranger: !isAccountedFor(id)))
        }
    }

    mutating func dropLeak(_ id: AccessKeyID?) { leaks.removeAll { $0.id == id } }

    /// At the end of a rotation, what had leaked is gone. The key that the targets hold now may be leaked too: it is replaced next.
    mutating func dropLeaksThatAreOver() {
        leaks = leaks.filter { $0.id == current?.id || isOfStranger($0) }
    }

    /// After `adopt`, keys that keyturn no longer accounts for are someone else's.
    mutating func dropLeaksOfOthers() { leaks = leaks.filter { isAccountedFor($0.id) || $0.isStranger } }
}
