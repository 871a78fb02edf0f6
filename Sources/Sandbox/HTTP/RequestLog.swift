import Synchronization

/// The last requests that the stand-ins answered, in the order in which they arrived; no bodies, no headers.
final class RequestLog: Sendable {
    struct Entry: Sendable {
        let number: Int
        let service: Service
        let method: String
        let path: String
        /// Nil while the request is in progress, 0 when the connection was closed without a reply.
        var status: Int?
        /// When it came.
        let at: ContinuousClock.Instant
    }

    let start = ContinuousClock.now

    static let capacity = 20_000

    private struct State { var entries: [Entry] = [], next = 1 }
    private let state = Mutex(State())

    /// Notes that a request has come, and returns its number.
    func begin(service: Service, method: String, path: String) -> Int {
        state.withLock { state in
            let number = state.next
            state.next += 1
            state.entries.append(Entry(number: number, service: service, method: method, path: path, at: .now))
            // Trimmed in strides: dropping one from the front of a full array each time would move all of them.
            if state.entries.count > Self.capacity + 1000 {
                state.entries.removeFirst(state.entries.count - Self.capacity)
            }
            return number
        }
    }

    func end(_ number: Int, status: Int) {
        state.withLock { state in
            guard let first = state.entries.first?.number, number >= first else { return }
            let index = number - first
            if index < state.entries.count { state.entries[index].status = status }
        }
    }

    func clear() { state.withLock { $0.entries = [] } }

    var entries: [Entry] { state.withLock { Array($0.entries.suffix(Self.capacity)) } }
}
