/// How a command ends, after sysexits.h.
package enum ExitStatus: Int32, Sendable {
    case done = 0
    case failed = 1
    case usage = 64
    case unavailable = 69
    case unfinished = 75
    case notAllowed = 77
    case configuration = 78

    /// Which of two is reported when both apply: what a person must fix comes before what time may fix.
    package func worse(_ other: ExitStatus) -> ExitStatus { rank >= other.rank ? self : other }

    private var rank: Int {
        switch self {
        case .done: 0
        case .unfinished: 1
        case .unavailable: 2
        case .notAllowed: 3
        case .failed: 4
        case .configuration: 5
        case .usage: 6
        }
    }
}

extension Sequence<ExitStatus> {
    /// The worst of all; `done` where there are none.
    package var worst: ExitStatus { reduce(.done) { $0.worse($1) } }
}
