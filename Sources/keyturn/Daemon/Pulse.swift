internal import Engine
internal import Synchronization

/// When the scheduler's loop last turned: a process whose loop stands still is not alive, whatever else it does.
final class Pulse: Sendable {
    private let last = Mutex(ContinuousClock.now)

    func beat() { last.withLock { $0 = .now } }

    var age: Duration { last.withLock { .now - $0 } }

    /// Tells the service manager that keyturn is alive, as long as it is.
    func report(to notifier: ServiceNotifier) async {
        guard let interval = notifier.watchdog else { return }
        while !Task.isCancelled {
            // The loop looks at its users at least so often; the rest of the watchdog's time is for slow disks.
            if age < Scheduler.longestNap * 2 { notifier.alive() }
            try? await Task.sleep(for: interval)
        }
    }
}
