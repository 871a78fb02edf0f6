internal import Dispatch
internal import Glibc

/// Signals, given on as orders. A second one that asks for the end ends the process at once.
final class Signals: Sendable {
    private static let numbers = [SIGTERM, SIGINT, SIGHUP]
    // Only cancelled after init, once, by whoever made it.
    nonisolated(unsafe) private let sources:
        [(number: Int32, former: __sighandler_t?, source: any DispatchSourceSignal)]

    /// - Parameter staysUp: whether the process is to outlive its terminal; if not, and it was started by nohup(1), the terminal's
    ///   end is nothing to it.
    init(staysUp: Bool, _ take: @escaping @Sendable (DaemonCommand) -> Void) {
        let wasAsked = Once()
        sources = Self.numbers.compactMap { number in
            let former = signal(number, SIG_IGN)
            // SIG_IGN is the address 1, which no function has.
            let wasIgnored = unsafeBitCast(former, to: Int.self) == 1
            if number == SIGHUP, wasIgnored, !staysUp { return nil }
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler {
                if number != SIGHUP, wasAsked.raise() { _exit(128 + number) }
                take(number == SIGHUP ? .reload : .stop)
            }
            source.resume()
            return (number, former, source)
        }
    }

    /// Gives the signals back the meaning that they had.
    func end() {
        for (number, former, source) in sources {
            source.cancel()
            signal(number, former)
        }
    }
}
