internal import Synchronization

/// The token bucket of AWS's standard retry mode: when most calls fail, retrying stops.
final class RetryBudget: Sendable {
    private static let capacity = 500
    private let tokens = Mutex(capacity)

    /// Pays for a retry; false: the bucket is empty.
    func take(_ cost: Int) -> Bool {
        tokens.withLock { tokens in
            guard tokens >= cost else { return false }
            tokens -= cost
            return true
        }
    }

    /// A call went through.
    func succeeded() { tokens.withLock { $0 = min($0 + 1, Self.capacity) } }
}
