internal import JSON

/// What is wrong with the configuration, and where.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file.
    public var file: String
    /// The line, from 1; nil: the file as a whole.
    public var line: Int?
    /// One sentence for people.
    public var message: String

    /// Whether a file is not used because others could change it: a matter of permissions, not of the content.
    public var isUntrusted = false

    /// What makes the file readable without this mistake; nil: the user that has it is left out, and elsewhere nothing does.
    var remedy: Remedy?
    /// Whether it compares values with each other, so that it may be nothing but the consequence of one that was left out.
    var isComparison = false
    /// Other mistakes that were found in the same reading.
    public var others: [ConfigurationError] = []

    /// How reading goes on after a mistake.
    enum Remedy: Hashable, Sendable {
        /// The name on that line is another one.
        case rename(String, to: String)
        /// The value of that name on that line is left out.
        case leaveOut(String)
    }

    /// What is wrong, and where.
    public init(file: String, line: Int? = nil, _ message: String) {
        self.file = file
        self.line = line
        self.message = message
    }

    /// Several mistakes, in the place of the first.
    init(_ first: ConfigurationError, and others: some Sequence<ConfigurationError>) {
        self = first
        self.others += others
    }

    /// `file:line: sentence`, and on a line of its own each of the others.
    public var description: String {
        ([self] + others).map { "\($0.file):\($0.line.map { "\($0):" } ?? "") \($0.message)" }
            .joined(separator: "\n")
    }
}

extension ConfigurationError.Remedy {
    /// A name that no one knows is most likely the known one that is nearest.
    init(ofUnknown name: String, among known: some Sequence<String>) {
        self = Spelling.nearest(to: name, among: known).map { .rename(name, to: $0) } ?? .leaveOut(name)
    }
}
