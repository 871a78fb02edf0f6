internal import Glibc
internal import StateStore
internal import Synchronization
internal import Threads

/// Connections to one server, each with a thread that may block, and the work that waits for them.
final class Pool: Sendable {
    /// Connections at once.
    static let connectionLimit = 8
    /// Work that may wait.
    private static let queueLimit = 4_096
    /// Without work for so long, a thread and its connection end.
    private static let idleLimit: Duration = .seconds(30)
    /// How long a piece of work may take, with all its tries: shorter than what is left of a lease when it is renewed.
    static let patience: Duration = .seconds(10)

    /// One piece of work: takes its thread's connection, and makes one where there is none.
    private typealias Job = @Sendable (inout Connection?) -> Void
    private struct State {
        var threads = 0
        var idle = 0
        var waiting = 0
    }

    private let queue = BlockingQueue<Job>()
    private let state = Mutex(State())
    private let connect: @Sendable () throws(QueryFailure) -> Connection

    /// - Parameter connect: makes a connection; may block.
    init(connect: @escaping @Sendable () throws(QueryFailure) -> Connection) { self.connect = connect }

    /// Runs a statement or a few, again on a new connection where one was lost.
    ///
    /// - Parameter body: receives whether an earlier try may have been carried out.
    func perform<Value: Sendable>(
        _ body: @escaping @Sendable (Connection, ContinuousClock.Instant, Bool) throws(QueryFailure) -> Value
    ) async throws(StoreError) -> Value {
        let (connect, deadline) = (connect, ContinuousClock.now + Self.patience)
        let isTaken = state.withLock { state in
            guard state.waiting < Self.queueLimit else { return false }
            state.waiting += 1
            if state.idle < state.waiting, state.threads < Self.connectionLimit {
                state.threads += 1
                NamedThread.start("postgres") { [self] in work() }
            }
            return true
        }
        guard isTaken else { throw StoreError(.unavailable, "too much waits for the server") }
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Value, StoreError>, Never>) in
            queue.push { connection in
                continuation.resume(returning: Self.tries(&connection, connect, deadline, body))
            }
        }
        return try result.get()
    }

    private func work() {
        var connection: Connection?
        var lastUse = ClockReading.now
        while true {
            state.withLock { $0.idle += 1 }
            let job = queue.pop(within: Self.idleLimit)
            // Its other end may be gone where the machine was frozen meanwhile: nothing would come back.
            if lastUse.isOlder(than: Self.idleLimit) { connection = nil }
            let isOver = state.withLock { state in
                state.idle -= 1
                if job != nil { state.waiting -= 1 }
                // Whoever came meanwhile counts on this thread.
                guard job == nil, state.waiting == 0 else { return false }
                state.threads -= 1
                return true
            }
            if isOver { return }
            job?(&connection)
            lastUse = .now
        }
    }

    private static func tries<Value>(
        _ connection: inout Connection?, _ connect: () throws(QueryFailure) -> Connection,
        _ deadline: ContinuousClock.Instant,
        _ body: (Connection, ContinuousClock.Instant, Bool) throws(QueryFailure) -> Value
    ) -> Result<Value, StoreError> {
        var mayBeDone = false
        var wait: Duration = .milliseconds(20)
        while true {
            do throws(QueryFailure) {
                let live: Connection
                if let connection { live = connection } else { live = try connect() }
                connection = live
                return .success(try body(live, deadline, mayBeDone))
            } catch {
                if case .reconnect = error.remedy { connection = nil }
                var failure = error
                // What an earlier try has left open stays open.
                mayBeDone = mayBeDone || failure.mayBeDone
                failure.mayBeDone = mayBeDone
                let pause = wait * Double.random(in: 0.5...1)
                if case .never = failure.remedy { return .failure(failure.storeError) }
                guard .now + pause < deadline else { return .failure(failure.storeError) }
                let (seconds, attoseconds) = pause.components
                usleep(UInt32(seconds) * 1_000_000 + UInt32(attoseconds / 1_000_000_000_000))
                wait = min(wait * 2, .seconds(1))
            }
        }
    }
}
