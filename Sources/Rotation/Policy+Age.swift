/// Spreads the rotations of many users, so that they do not begin in the same second.
///
/// A rotation may begin earlier than `rotate-every` says, and never later. By how much follows from the user and the number of its
/// rotation: the same on every machine, and another one each time.
public struct Spread: Hashable, Sendable {
    /// By how much of `rotate-every` a rotation begins earlier at most, in percent; 0: not at all.
    public var percent: Int
    /// What users differ in.
    public var user: String

    /// What can be configured. More than half would be another `rotate-every`.
    public static let range = 0...50

    /// A spread.
    public init(percent: Int = 0, user: String = "") { (self.percent, self.user) = (percent, user) }

    /// Of a million.
    private static let steps: UInt64 = 1_000_000

    /// By how much earlier the rotation after that one begins.
    func shift(_ rotateEvery: Duration, after number: Int) -> Duration {
        let window = rotateEvery.milliseconds / 100 * Int64(percent.clamped(to: Self.range))
        let part = Int64(Self.hash("\(user)\n\(number)") % Self.steps)
        let steps = Int64(Self.steps)
        return .milliseconds(window / steps * part + window % steps * part / steps)
    }

    /// FNV-1a, and a round of SplitMix64, since names that follow each other differ in their last letter only. Spreads; protects
    /// nothing.
    private static func hash(_ text: String) -> UInt64 {
        var hash = text.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
        return hash ^ (hash >> 31)
    }
}

extension Policy {
    /// What a rotation takes besides overlap and soak: creating, spreading, delivering.
    private static let workReserve: Duration = .seconds(3_600)

    /// The least that `maxAge` can be: a rotation that begins when `rotateEvery` says is then over before.
    public var shortestMaxAge: Duration { rotateEvery + timeOfRotation }

    private var timeOfRotation: Duration { overlap + soak + Self.workReserve }

    /// The age at which a key is replaced, after the rotation of that number.
    public func rotationAge(after number: Int) -> Duration { rotateEvery - spread.shift(rotateEvery, after: number) }

    /// When a rotation begins whatever a freeze says, for its old key would pass `maxAge` otherwise; nil: there is no `maxAge`.
    func latestBeginning(_ created: Timestamp) -> Timestamp? { maxAge.map { created + $0 - timeOfRotation } }

    /// When a rotation may begin that is due at that moment: at once, or after a freeze, which `maxAge` cuts short.
    func beginning(of created: Timestamp, dueAt moment: Timestamp) -> Timestamp {
        let thaw = thaw(moment)
        return latestBeginning(created).map { min(thaw, max($0, moment)) } ?? thaw
    }
}

extension Rotation {
    /// The oldest key that is Active and has passed `max-age`, and when it did; nil: none has.
    public func overAge(at now: Timestamp, policy: Policy) -> (key: AccessKeyID, since: Timestamp)? {
        guard let maxAge = policy.maxAge else { return nil }
        let active = [current, next, previous].compactMap { $0 }.filter { $0.status == .active }
        guard let oldest = active.min(by: { $0.created < $1.created }), now >= oldest.created + maxAge else {
            return nil
        }
        return (oldest.id, oldest.created + maxAge)
    }
}

extension Int {
    fileprivate func clamped(to range: ClosedRange<Int>) -> Int {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
