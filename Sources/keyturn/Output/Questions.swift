internal import Glibc
internal import Operations

/// Asks a person on a terminal.
struct Questions {
    /// Whoever gives this many answers that do not fit gets help from the documentation, not from a loop.
    private static let tries = 5

    let terminal: Terminal

    /// Whether there is someone to ask.
    static var canAsk: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 }

    /// A question that is answered with yes or no; an empty line is no.
    func isAgreed(_ question: String) throws -> Bool {
        let answer = try ask(
            question, standard: "no",
            refusal: { ["yes", "no", "y", "n"].contains($0.lowercased()) ? nil : "yes or no" })
        return answer.lowercased().hasPrefix("y")
    }

    /// One answer.
    ///
    /// - Parameters:
    ///   - standard: what an empty line means.
    ///   - refusal: why an answer will not do; nil: it does.
    func ask(_ question: String, standard: String, refusal: (String) -> String?) throws -> String {
        for _ in 0..<Self.tries {
            terminal.write("\(terminal.styled(question, .bold)) [\(standard)]: ")
            guard let line = readLine() else {
                throw OperationFailure(.failed, "the input ended; nothing was written")
            }
            let answer = String(line.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            guard let reason = refusal(answer.isEmpty ? standard : answer) else {
                return answer.isEmpty ? standard : answer
            }
            terminal.write("  \(reason)\n")
        }
        throw OperationFailure(.failed, "there was no answer that fits; nothing was written")
    }
}
