public import Rotation
internal import Synchronization

/// When the scheduler last read the state and looked at what is due: how others see that it lives.
public final class Pulse: Sendable {
    private let moment = Mutex<Timestamp?>(nil)
    private let count = Mutex(0)

    /// No pass yet.
    public init() {}

    /// The last pass; nil: there was none yet.
    public var last: Timestamp? { moment.withLock { $0 } }

    /// Users that are being worked on.
    public var users: Int { count.withLock { $0 } }

    func beat(at now: Timestamp, users: Int) {
        moment.withLock { $0 = now }
        count.withLock { $0 = users }
    }
}
