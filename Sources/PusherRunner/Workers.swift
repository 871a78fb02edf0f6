internal import CKeyturnPusher
internal import CLinux
internal import Glibc

/// Threads that carry out calls: as many as calls are in progress, up to a limit, kept for the next ones.
final class Workers: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var idle = 0
        var count = 0
        var running = 0
        /// Whether someone waits for the last job's end.
        var isDraining = false
    }

    private let limit: Int
    private let state = Monitor(State())

    init(limit: Int) { self.limit = limit }

    /// Carries a job out on some thread.
    func run(_ job: @escaping @Sendable () -> Void) {
        let needsThread = state.change(waking: .one) { state in
            state.jobs.append(job)
            guard state.jobs.count > state.idle, state.count < limit else { return false }
            state.count += 1
            return true
        }
        if needsThread { startThread() }
    }

    /// Waits until no job is left; false: the time was over before.
    func drain(until end: Int64) -> Bool {
        state.change { $0.isDraining = true }
        return state.wait(until: end) { $0.jobs.isEmpty && $0.running == 0 ? true : nil } ?? false
    }

    private func startThread() {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        // Pushers are ordinary code, so their stack is of ordinary depth; untouched pages cost nothing.
        pthread_attr_setstacksize(&attributes, Int(KT_CALL_STACK))
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self).toOpaque()
        let result = pthread_create(
            &thread, &attributes,
            { context in
                guard let context else { return nil }
                Unmanaged<Workers>.fromOpaque(context).takeRetainedValue().work()
                return nil
            }, context)
        if result != 0 {
            Unmanaged<Workers>.fromOpaque(context).release()
            state.change(waking: .nobody) { $0.count -= 1 }
        }
    }

    private func work() {
        while true {
            let job: (@Sendable () -> Void)? = {
                state.change(waking: .nobody) { $0.idle += 1 }
                return state.wait(until: nil) { state in
                    guard !state.jobs.isEmpty else { return nil }
                    state.idle -= 1
                    state.running += 1
                    return state.jobs.removeFirst()
                }
            }()
            job?()
            let isAwaited = state.change(waking: .nobody) { state in
                state.running -= 1
                return state.isDraining
            }
            if isAwaited { state.change { _ in } }
        }
    }
}
