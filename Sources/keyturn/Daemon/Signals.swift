internal import Dispatch
internal import Glibc

/// What a process that stays up is told.
enum Order: Sendable {
    /// SIGTERM, SIGINT.
    case stop
    /// SIGHUP.
    case reload
    /// It is time to look for users again.
    case look
    /// The scheduler has ended by itself.
    case ended
}

/// Signals, given on as orders. A second one that asks for the end ends the process at once.
final class Signals: Sendable {
    private static let numbers = [SIGTERM, SIGINT, SIGHUP]
    // Only cancelled after init, once, by whoever made it.
    nonisolated(unsafe) private let sources: [any DispatchSourceSignal]

    init(_ take: @escaping @Sendable (Order) -> Void) {
        let wasAsked = Once()
        sources = Self.numbers.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler {
                if number != SIGHUP, wasAsked.raise() { _exit(128 + number) }
                take(number == SIGHUP ? .reload : .stop)
            }
            source.resume()
            return source
        }
    }

    /// Gives the signals their usual meaning back.
    func end() {
        sources.forEach { $0.cancel() }
        for number in Self.numbers { signal(number, SIG_DFL) }
    }
}
