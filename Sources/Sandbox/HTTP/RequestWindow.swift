import FoundationEssentials
import Synchronization

/// Counts what each client has spent in the current window of time, for the rate limits that services report.
final class RequestWindow: Sendable {
    struct Reading: Sendable {
        let used: Int
        /// When the window ends and the count begins again.
        let reset: Date
    }

    private struct Window { var start: Date, used: Int }

    private let seconds: Double
    private let windows = Mutex<[String: Window]>([:])

    init(seconds: Double) { self.seconds = seconds }

    func spend(_ points: Int, by client: String, at now: Date = Date()) -> Reading {
        windows.withLock { windows in
            var window = windows[client] ?? Window(start: now, used: 0)
            if now.timeIntervalSince(window.start) >= seconds { window = Window(start: now, used: 0) }
            window.used += points
            // Made-up tokens must not fill the memory.
            if windows.count > 1000 { windows.removeAll() }
            windows[client] = window
            return Reading(used: window.used, reset: window.start.addingTimeInterval(seconds))
        }
    }
}
