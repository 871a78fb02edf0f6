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

    /// What is wrong, and where.
    public init(file: String, line: Int? = nil, _ message: String) {
        self.file = file
        self.line = line
        self.message = message
    }

    /// `file:line: sentence`
    public var description: String { "\(file):\(line.map { "\($0):" } ?? "") \(message)" }
}
