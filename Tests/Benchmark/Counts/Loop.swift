import Synchronization

/// Runs asynchronous work to its end on the thread that asks for it: where the system's pool of threads is started, what it does is
/// counted as well, and valgrind 3.19 crashes.
final class Loop: TaskExecutor {
    private let jobs = Mutex<[UnownedJob]>([])
    private let failure = Mutex<(any Error)?>(nil)
    private let isOver = Mutex(false)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
    }

    static func run(_ body: @escaping @Sendable () async throws -> Void) throws {
        let loop = Loop()
        Task(executorPreference: loop) {
            do { try await body() } catch { loop.failure.withLock { $0 = error } }
            loop.isOver.withLock { $0 = true }
        }
        while !loop.isOver.withLock({ $0 }) {
            let job = loop.jobs.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            job?.runSynchronously(on: loop.asUnownedTaskExecutor())
        }
        if let failure = loop.failure.withLock({ $0 }) { throw failure }
    }
}
