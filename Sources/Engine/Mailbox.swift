package import Rotation
package import Secrets
internal import Synchronization

/// What happened, and the pair that came with it, if it was a creation.
package struct EventWithKeyPair: Sendable {
    package var event: Event
    package var pair: KeyPair?

    package init(event: Event, pair: KeyPair? = nil) {
        self.event = event
        self.pair = pair
    }
}

/// Collects what happens while the engine is busy, so that a crowd of answers costs one write to the journal.
final class Mailbox: Sendable {
    private struct State {
        var happenings: [EventWithKeyPair] = []
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func post(_ happening: EventWithKeyPair) {
        let waiter = state.withLock { state in
            state.happenings.append(happening)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Everything that has come, waiting for the first if there is nothing. One task at a time.
    func take() async -> [EventWithKeyPair] {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.happenings.isEmpty { state.waiter = continuation }
                return !state.happenings.isEmpty
            }
            if isThere { continuation.resume() }
        }
        return takeWhatIsThere()
    }

    /// Everything that has come, without waiting.
    func takeWhatIsThere() -> [EventWithKeyPair] {
        state.withLock { state in
            defer { state.happenings = [] }
            return state.happenings
        }
    }
}
