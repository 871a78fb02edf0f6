internal import Glibc
internal import Synchronization

/// What threads wait for that may block: elements are given to one of them each, in their order.
public final class BlockingQueue<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])
    private let count = Semaphore()

    /// An empty one.
    public init() {}

    /// Adds an element.
    public func push(_ element: Element) {
        elements.withLock { $0.append(element) }
        count.post()
    }

    /// The first element, once there is one; nil: there was none in that time.
    public func pop(within patience: Duration) -> Element? {
        guard count.wait(patience) else { return nil }
        return elements.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }
}

/// POSIX's semaphore.
private final class Semaphore: Sendable {
    nonisolated(unsafe) private let handle = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(handle, 0, 0) }

    deinit {
        sem_destroy(handle)
        handle.deallocate()
    }

    func post() { sem_post(handle) }

    /// - Returns: whether it was posted in that time.
    func wait(_ patience: Duration) -> Bool {
        // By the wall's clock, POSIX has no other here: where that is set, no one wakes too late, for an element wakes by itself.
        var end = timespec()
        clock_gettime(CLOCK_REALTIME, &end)
        let (seconds, attoseconds) = patience.components
        end.tv_sec += Int(seconds)
        end.tv_nsec += Int(attoseconds / 1_000_000_000)
        if end.tv_nsec >= 1_000_000_000 { (end.tv_sec, end.tv_nsec) = (end.tv_sec + 1, end.tv_nsec - 1_000_000_000) }
        while true {
            if sem_timedwait(handle, &end) == 0 { return true }
            if errno != EINTR { return false }
        }
    }
}
