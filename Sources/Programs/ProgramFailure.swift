/// Why a program gave no result.
public struct ProgramFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What happened.
    public enum Code: Hashable, Sendable {
        /// It was not started.
        case notStarted
        /// It ended with a status other than 0, or by a signal.
        case failed
        /// It took too long and was ended.
        case late
        /// It wrote more than it may and was ended.
        case large
        /// keyturn stops, so it was ended.
        case stopped
    }

    /// What happened.
    public var code: Code
    /// The program, as its first word names it.
    public var program: String
    /// A predicate: "ended with status 2".
    public var reason: String
    /// The last line that it wrote to its standard error, without secrets; nil: it wrote nothing.
    public var lastLine: String?

    /// "vault ended with status 2, and wrote: permission denied"
    public var description: String { "\(program) \(outcome)" }

    /// The same without the name.
    public var outcome: String { reason + (lastLine.map { "; the last line that it wrote to stderr: \($0)" } ?? "") }

    /// What to type to see it fail. Arguments may be secrets, so they are not repeated.
    public var remedy: String {
        "to see it fail, run it with the variables that keyturn gives it: env -i PATH=\"$PATH\" HOME=\"$HOME\" \(program) …"
    }
}
