internal import Rotation

/// What the simulator writes down of the past, to judge the present by.
struct Book {
    /// Strangers that keyturn was ordered to account for, and a first key that it took over.
    var adopted: Set<AccessKeyID> = []
    /// Keys that an operator has switched off or deleted.
    var broken: Set<AccessKeyID> = []
    /// When an operator last changed anything in IAM.
    var peopleChangedAt = Timestamp(milliseconds: 0)
    /// Whether anybody ever said `revoke --now`: then there may be no Active key for a while.
    var isRevokedAtOnce = false
    /// Whether that was about whichever key was the current one.
    var isCurrentRevokedAtOnce = false
    /// Keys that operators have declared leaked by their IDs.
    var revoked: Set<AccessKeyID> = []
    /// Those of them that were to be dead at once.
    var revokedAtOnce: Set<AccessKeyID> = []
    /// Of which moment the last listing was.
    var listedAsOf = Timestamp(milliseconds: 0)
    /// When CreateAccessKey was about to be called.
    var intents: [Timestamp] = []
    /// Right answers of STS, whoever asked.
    var answers: [AccessKeyID: Int] = [:]
    /// Keys that STS has answered for three times.
    var verified: Set<AccessKeyID> = []
    /// When the last delivery was settled, by the machine's clock; nil: not comparable.
    var overlapSince: Timestamp?
    /// When the old key was made Inactive, by the machine's clock; nil: not comparable.
    var soakSince: Timestamp?
    /// Whether an operator ever gave an order that begins a rotation.
    var isAskedToRotate = false
    /// Whether a rotation has begun.
    var hasBegun = false
    /// How often the machine's clock was set forward.
    var clockLeaps = 0
    /// Whether a service's pause can still be judged by the machine's clock.
    var pausesCount = true
    /// When keys were last used, as IAM said last; nil within: never.
    var lastUses: [AccessKeyID: Timestamp?] = [:]
    /// Unused strangers made in an intent's window, and taken for keyturn's own.
    var doubts = 0

    mutating func clockJumped(by size: Duration) {
        if size > .zero { clockLeaps += 1 }
        overlapSince = nil
        soakSince = nil
        pausesCount = false
    }

    mutating func noteRequests(_ requests: [Event.Request]) {
        for request in requests {
            switch request {
            case .rotate: isAskedToRotate = true
            case .revoke(let key, let atOnce):
                isAskedToRotate = true
                isRevokedAtOnce = isRevokedAtOnce || atOnce
                isCurrentRevokedAtOnce = isCurrentRevokedAtOnce || key == nil && atOnce
                if let key {
                    revoked.insert(key)
                    if atOnce { revokedAtOnce.insert(key) }
                }
                overlapSince = nil
                soakSince = nil
            case .retry: pausesCount = false
            default: break
            }
        }
    }
}
