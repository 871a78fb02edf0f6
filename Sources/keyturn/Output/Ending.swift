internal import JSON
internal import Operations

/// The command did its work and has reported it; only the exit status is left.
struct FinishedWith: Error {
    var status: ExitStatus

    /// Throws the status, unless all is done.
    static func check(_ status: ExitStatus) throws {
        if status != .done { throw FinishedWith(status: status) }
    }
}

extension OperationFailure {
    /// Writes the sentence to stderr, and with `--json` a document to stdout.
    func report(asJSON: Bool) {
        LogSettings().write(failure: message, status: status.rawValue)
        guard asJSON else { return }
        JSONOutput.print(
            JSONValue.object([
                "error": .object(["message": .string(message), "status": .integer(Int64(status.rawValue))])
            ]))
    }
}
