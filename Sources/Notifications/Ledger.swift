internal import Rotation

/// What is known of one destination.
struct Ledger {
    /// After a failure the destination is left alone, longer each time.
    private static let shortestPause: Duration = .seconds(30)
    private static let longestPause: Duration = .seconds(900)
    /// What was sent about keyturn itself and not about a user has this name, which no user has.
    static let own = ""

    let destination: Destination
    var told: [String: NotificationState]
    /// Users of whom what was sent, or remembered, is not written yet.
    var unwritten: Set<String> = []
    var failures = 0
    var pausedUntil: ContinuousClock.Instant?
    /// Messages since the process began.
    var sent = 0
    var failed = 0

    init(_ destination: Destination, told: [String: NotificationState]) {
        (self.destination, self.told) = (destination, told)
    }

    /// Whether the destination gets messages about a user.
    func serves(_ name: String, _ user: NotifiedUser) -> Bool {
        destination.user.map { $0 == name } ?? (destination.owner == user.owner)
    }

    /// Remembers what may be gone by the time that it can be sent.
    mutating func take(_ user: String, _ rotation: Rotation) {
        let before = told[user]
        var after = before ?? NotificationState(before: rotation)
        after.remember(rotation)
        guard after != before else { return }
        told[user] = after
        unwritten.insert(user)
    }

    /// It was sent, or is not wanted.
    mutating func settle(_ member: Notice.Member, by incident: NotificationState.Incident?) {
        told[member.user]?.settle(member.news, by: incident)
        unwritten.insert(member.user)
    }

    mutating func succeed() {
        sent += 1
        failures = 0
        pausedUntil = nil
    }

    mutating func fail(at now: ContinuousClock.Instant) {
        failed += 1
        pausedUntil = now + min(Self.longestPause, Self.shortestPause * (1 << min(failures, 8)))
        failures = min(failures, 8) + 1
    }
}
