internal import Glibc

/// A lock with a condition: waiting for a state with a time limit, which `Mutex` cannot.
final class Monitor<State>: @unchecked Sendable {
    // Unchecked: `state` is only reached with `mutex` held.
    private var state: State
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init(_ state: State) {
        self.state = state
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Who is to look at the state again.
    enum Waking {
        case nobody, one, all
    }

    /// Changes the state, and lets those who wait look again.
    func change<Result>(waking: Waking = .all, _ body: (inout State) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer {
            pthread_mutex_unlock(mutex)
            // After the lock is free: whoever wakes needs it.
            switch waking {
            case .nobody: break
            case .one: pthread_cond_signal(condition)
            case .all: pthread_cond_broadcast(condition)
            }
        }
        return body(&state)
    }

    /// Waits until `body` has a result; nil: the time was over before.
    ///
    /// - Parameter end: in milliseconds of the monotonic clock; nil: no limit.
    func wait<Result>(until end: Int64?, _ body: (inout State) -> Result?) -> Result? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&state) { return result }
            guard let end else {
                pthread_cond_wait(condition, mutex)
                continue
            }
            var moment = timespec(tv_sec: Int(end / 1_000), tv_nsec: Int(end % 1_000) * 1_000_000)
            if pthread_cond_timedwait(condition, mutex, &moment) == ETIMEDOUT { return body(&state) }
        }
    }
}

/// Milliseconds of the monotonic clock.
func monotonicMilliseconds() -> Int64 {
    var moment = timespec()
    clock_gettime(CLOCK_MONOTONIC, &moment)
    return Int64(moment.tv_sec) * 1_000 + Int64(moment.tv_nsec) / 1_000_000
}
