/// Why the journal did not do something. Texts never hold data of the rows.
public struct JournalError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What callers distinguish.
    public enum Code: Hashable, Sendable {
        /// The file is not a keyturn state database.
        case foreign
        /// The file is one, and damaged.
        case corrupt
        /// The file was written by a newer keyturn.
        case newer
        /// The file cannot be opened or written.
        case unavailable
        /// The server of the state cannot be reached at the moment.
        case unreachable
        /// The server of the state does not let this process in.
        case denied
        /// Another process has moved this rotation on, or holds it.
        case overtaken
        /// Another process is at work on this user.
        case leased
        /// The seal key is not the one that this state was sealed with.
        case wrongSealKey
        /// It was copied elsewhere, or is a copy that is not finished.
        case moved
        /// What was to be written is larger than the journal keeps.
        case tooLarge
    }

    /// What callers distinguish.
    public var code: Code
    /// One sentence for people.
    public var description: String
    /// Who is at work on the user, for `leased`; nil: it is not known.
    public var holder: LeaseHolder?

    /// An error with its sentence.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// Another process is at work on this user.
    init(_ holder: LeaseHolder) {
        self.init(.leased, holder.sentence())
        self.holder = holder
    }
}
