import Synchronization

/// Counts, from any thread, and says when a limit is passed.
final class Counter: Sendable {
    private let limit: Int
    private let count = Mutex(0)

    init(_ limit: Int = .max) { self.limit = limit }

    /// How many were taken.
    var taken: Int { count.withLock { $0 } }

    /// Whether there was one left.
    @discardableResult
    func takeOne() -> Bool {
        count.withLock { count in
            count += 1
            return count <= limit
        }
    }
}
