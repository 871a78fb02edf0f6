internal import Operations
internal import Rotation
internal import Synchronization

/// The rotations in progress, drawn over and over on a terminal: a bar of phases, and a line for each target.
final class LiveView: RotationDisplay {
    /// More targets than this are counted, not listed, but for those in trouble.
    private static let longestList = 16

    private struct State {
        var users: [String] = []
        var latest: [String: RotationSnapshot] = [:]
        /// When a user's fan-out was first seen, and how many targets were settled by then.
        var began: [String: (at: Timestamp, settled: Int)] = [:]
        var lines = 0
        var isOver = false
    }

    private let terminal: Terminal
    private let state = Mutex(State())
    private let drawing = Mutex<Task<Void, Never>?>(nil)

    init(_ terminal: Terminal) { self.terminal = terminal }

    func show(_ progress: RotationSnapshot) {
        state.withLock { state in
            if state.latest[progress.user] == nil { state.users.append(progress.user) }
            state.latest[progress.user] = progress
            if progress.rotation.phase == .delivering, state.began[progress.user] == nil {
                state.began[progress.user] = (progress.at, Self.settled(progress.rotation))
            }
            draw(&state)
        }
    }

    /// Draws every second, for the countdowns, until the end.
    func begin() {
        drawing.withLock { [self] in $0 = Task { await keepDrawing() } }
    }

    private func keepDrawing() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(1))
            state.withLock { draw(&$0) }
        }
    }

    func showing(_ write: () -> Void) {
        state.withLock { state in
            if !state.isOver, state.lines > 0 { terminal.write("\u{1B}[\(state.lines)A\r\u{1B}[J") }
            state.lines = 0
            write()
            draw(&state)
        }
    }

    /// Draws a last time; what comes after is below.
    func end() {
        drawing.withLock { $0?.cancel() }
        state.withLock { state in
            draw(&state)
            state.isOver = true
        }
    }

    private func draw(_ state: inout State) {
        guard !state.isOver, !state.users.isEmpty else { return }
        let shown = state.users.compactMap { user in
            state.latest[user].map { self.lines($0, since: state.began[user]) }
        }
        let lines = self.cut(shown.flatMap { $0 })
        let up = state.lines > 0 ? "\u{1B}[\(state.lines)A\r" : ""
        terminal.write(up + lines.map { "\u{1B}[2K\($0)\n" }.joined() + "\u{1B}[J")
        state.lines = lines.count
    }

    /// What scrolled away could not be drawn over.
    private func cut(_ lines: [String]) -> [String] {
        let room = max(terminal.height - 2, 4)
        return lines.count <= room ? lines : lines.prefix(room - 1) + ["… \(lines.count - room + 1) more lines"]
    }

    private static func settled(_ rotation: Rotation) -> Int { rotation.deliveries.values.count { $0.isSettled } }

    /// `120 of 500 targets confirmed, about 3m 10s left`
    private func count(_ progress: RotationSnapshot, since beginning: (at: Timestamp, settled: Int)?) -> String {
        let (done, all) = (Self.settled(progress.rotation), progress.rotation.deliveries.count)
        let text = "\(done) of \(all) targets confirmed"
        guard let beginning, done < all, progress.rotation.phase == .delivering,
            let left = FanOutPace.left(
                done - beginning.settled, of: all - beginning.settled, in: Moment.now - beginning.at)
        else { return text }
        return "\(text), about \(Moment.text(left)) left"
    }

    private func lines(_ progress: RotationSnapshot, since beginning: (at: Timestamp, settled: Int)?) -> [String] {
        let rotation = progress.rotation
        var lines = [head(progress)]
        let deliveries = rotation.deliveries.sorted { $0.key < $1.key }
        let isLong = deliveries.count > Self.longestList
        for (target, delivery) in deliveries {
            let isQuiet = delivery.state == .confirmed || (delivery.state == .pending && delivery.attempts == 0)
            if !isLong || !isQuiet { lines.append("  " + fit(line(target, delivery))) }
            if lines.count > Self.longestList + 2 { break }
        }
        if isLong {
            lines.append("  \(count(progress, since: beginning))")
        }
        return lines
    }

    /// The user, the phases and what is left of one; on a narrow terminal only the phase that it is in.
    private func head(_ progress: RotationSnapshot) -> String {
        let rotation = progress.rotation
        let phases = Phase.allCases.filter { $0 != .idle }
        let isComplete = rotation.phase == .idle && rotation.number > 0
        let position = phases.firstIndex(of: rotation.phase) ?? (isComplete ? phases.count : -1)
        let countdown = countdown(progress)
        let length = progress.user.count + 2 + phases.reduce(-1) { $0 + $1.rawValue.count + 3 } + countdown.count
        let name = terminal.styled(progress.user, .bold)
        guard length >= terminal.width else { return "\(name)  \(bar(phases, position))\(countdown)" }
        let step =
            isComplete
            ? "✓ complete"
            : position < 0 ? "" : "● \(rotation.phase.rawValue) (\(position + 1)/\(phases.count))\(countdown)"
        let room = max(4, terminal.width - step.count - 3)
        return "\(terminal.styled(String(progress.user.prefix(room)), .bold))  \(step)"
    }

    private func bar(_ phases: [Phase], _ position: Int) -> String {
        phases.enumerated().map { index, phase in
            if index < position { return terminal.styled("✓ \(phase.rawValue)", .green) }
            return index == position
                ? terminal.styled("● \(phase.rawValue)", .bold) : terminal.styled("○ \(phase.rawValue)", .dim)
        }.joined(separator: " ")
    }

    private func countdown(_ progress: RotationSnapshot) -> String {
        let now = Moment.now
        guard [.overlap, .soak].contains(progress.rotation.phase) else { return "" }
        return "  \(Moment.relative(progress.due, to: now))"
    }

    private func line(_ target: TargetName, _ delivery: Delivery) -> (mark: String, text: String) {
        switch delivery.state {
        case .confirmed: (terminal.styled("✓", .green), "\(target)  \(delivery.evidence?.rawValue ?? "")")
        case .skipped: (terminal.styled("–", .yellow), "\(target)  skipped: \(delivery.detail ?? "")")
        case .failed, .unknown:
            (terminal.styled("✗", .red), "\(target)  \(delivery.state.rawValue): \(delivery.detail ?? "")")
        case .pending: (delivery.attempts > 0 ? "…" : " ", "\(target)")
        }
    }

    /// A line that wrapped would not be drawn over.
    private func fit(_ line: (mark: String, text: String)) -> String {
        "\(line.mark) \(line.text.prefix(max(20, terminal.width - 6)))"
    }
}

extension LiveView {
    /// The live view, where there is a terminal to draw on; nil: the log reports what happens.
    static func wanted(_ options: GlobalOptions) -> LiveView? {
        let terminal = Terminal(options)
        return terminal.isLive && !options.quiet && !options.verbose ? LiveView(terminal) : nil
    }
}
