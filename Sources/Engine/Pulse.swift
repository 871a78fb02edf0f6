public import Rotation
internal import Synchronization

/// When the scheduler last read the state and looked at what is due: how others see that it lives.
public final class Pulse: Sendable {
    private let moment = Mutex<Timestamp?>(nil)

    /// No pass yet.
    public init() {}

    /// The last pass; nil: there was none yet.
    public var last: Timestamp? { moment.withLock { $0 } }

    func beat(at now: Timestamp) { moment.withLock { $0 = now } }
}
