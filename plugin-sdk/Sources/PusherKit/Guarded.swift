import CPusherKit

/// A value that several threads use, one at a time: `Mutex` for plain and for Embedded Swift, which has none.
public final class Guarded<Value>: @unchecked Sendable {
    // Unchecked: the value is used with the lock taken only.
    private var value: Value
    private let lock: UnsafeMutablePointer<kt_lock>

    /// Guards a value.
    public init(_ value: Value) {
        self.value = value
        lock = .allocate(capacity: 1)
        kt_lock_initialize(lock)
    }

    deinit {
        kt_lock_destroy(lock)
        lock.deallocate()
    }

    /// Lends the value to `body`, which must not ask for it again.
    public func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        kt_lock_take(lock)
        defer { kt_lock_give(lock) }
        return try body(&value)
    }
}
