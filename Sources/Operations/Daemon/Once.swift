internal import Synchronization

/// Something that happens once.
final class Once: Sendable {
    private let isRaised = Mutex(false)

    /// Raises it, and returns whether it was raised before.
    func raise() -> Bool {
        isRaised.withLock { isRaised in
            defer { isRaised = true }
            return isRaised
        }
    }
}
