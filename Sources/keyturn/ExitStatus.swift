internal import FoundationEssentials
internal import JSON

/// How the program ends, after sysexits.h.
enum ExitStatus: Int32 {
    case done = 0
    case failed = 1
    case usage = 64
    case unavailable = 69
    case unfinished = 75
    case notAllowed = 77
    case configuration = 78

    /// Which of two is told when both apply: what a person must mend comes before what time may mend.
    func worse(_ other: ExitStatus) -> ExitStatus { rank >= other.rank ? self : other }

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

/// A command that cannot do what it was asked, with the sentence for people and the status for programs.
struct CommandFailure: Error {
    var status: ExitStatus
    var message: String

    init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    func tell(asJSON: Bool) {
        StandardStream.error.write("keyturn: \(message)\n")
        guard asJSON else { return }
        JSONOutput.print(
            JSONValue.object([
                "error": .object(["message": .string(message), "status": .integer(Int64(status.rawValue))])
            ]))
    }
}
