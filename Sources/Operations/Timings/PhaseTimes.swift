internal import Engine
internal import Rotation
internal import Synchronization

/// Times how long each user stays in each phase.
final class PhaseTimes: Sendable {
    private let timings: Timings
    private let under = Mutex<[String: (phase: Phase, end: @Sendable () -> Void)]>([:])

    init(_ timings: Timings) { self.timings = timings }

    func take(_ progress: RotationProgress) {
        let phase = progress.rotation.phase
        let ended = under.withLock { under -> (@Sendable () -> Void)? in
            guard under[progress.user]?.phase != phase else { return nil }
            let former = under[progress.user]?.end
            // No one waits in these: they last for hours, over many runs.
            let isWaiting = [.idle, .overlap, .soak].contains(phase)
            under[progress.user] = isWaiting ? nil : (phase, timings.begin("phase \(phase.rawValue)"))
            return former
        }
        ended?()
    }
}
