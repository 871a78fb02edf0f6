internal import Engine
internal import Rotation

/// Reports to the service manager that keyturn is alive, as long as its scheduler runs: a process whose loop hangs is not alive,
/// whatever else it does.
struct Watchdog: Sendable {
    /// The loop turns at least every fifteen seconds; the rest is for slow disks.
    private static let longestSilence = Scheduler.longestNap * 2

    let notifier: ServiceNotifier
    let pulse: Pulse
    let clock: any EngineClock

    func run() async {
        guard let interval = notifier.watchdog else { return }
        let started = clock.now
        while !Task.isCancelled {
            let silence = clock.now - (pulse.last ?? started)
            if silence < Self.longestSilence { notifier.alive() }
            await clock.sleep(for: interval)
        }
    }
}
