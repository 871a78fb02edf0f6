internal import Synchronization

/// The plugin's functions that are running: where a crash or a hang is, whatever the check calls what it does.
enum CallsInProgress {
    private struct State {
        var counts: [String: Int] = [:]
        var told = ""
        var progress: (@Sendable (ProgressLine) -> Void)?
    }

    private static let state = Mutex(State())

    /// - Parameter progress: is given a line whenever another function runs.
    static func report(to progress: @escaping @Sendable (ProgressLine) -> Void) {
        state.withLock { $0.progress = progress }
    }

    /// Runs a function of the plugin, by the header's name of it.
    static func during<Result>(_ function: String, _ body: () -> Result) -> Result {
        change(function, 1)
        defer { change(function, -1) }
        return body()
    }

    private static func change(_ function: String, _ difference: Int) {
        state.withLock { state in
            let count = state.counts[function, default: 0] + difference
            state.counts[function] = count > 0 ? count : nil
            let running = state.counts.keys.sorted().joined(separator: " and ")
            guard running != state.told else { return }
            state.told = running
            state.progress?(ProgressLine(running: running))
        }
    }
}
