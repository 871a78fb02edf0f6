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
    ///   - standard: what an empty line means; nil: it is no answer.
    ///   - example: what an answer looks like.
    ///   - refusal: why an answer will not do; nil: it does.
    func ask(
        _ question: String, standard: String? = nil, example: String? = nil, refusal: (String) -> String?
    ) throws -> String {
        let example = example.map { ", such as \($0)" } ?? ""
        let prompt = terminal.wrapped("\(question)\(example)\(standard.map { " [\($0)]" } ?? ""):", indent: 0)
        for _ in 0..<Self.tries {
            terminal.write("\(terminal.styled(prompt, .bold)) ")
            guard let line = readLine() else {
                throw OperationFailure(.failed, "the input ended; nothing was written")
            }
            let typed = String(line.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            let answer = typed.isEmpty ? standard : typed
            let reason = answer.map(refusal) ?? "an answer is needed\(example)"
            guard let reason else { return answer ?? "" }
            terminal.write("  \(terminal.wrapped(reason, indent: 2))\n")
        }
        throw OperationFailure(.failed, "there was no answer that fits; nothing was written")
    }
}
