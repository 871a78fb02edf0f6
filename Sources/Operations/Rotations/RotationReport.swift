/// How a run ended, and where its users are after it.
package struct RotationReport: Sendable {
    /// Why nothing was done.
    package enum Idleness: Sendable {
        /// The configuration has no users.
        case noUsers
        /// None of the users has anything to be done.
        case nothingToDo
        /// Nothing is due.
        case nothingDue
    }

    /// The configuration.
    package var file: String
    /// All users of the run, with the timings where they were asked for.
    package var document: StatusDocument
    /// Those that were worked on.
    package var worked: [StatusDocument.User]
    /// nil: something was done.
    package var idleness: Idleness?
    /// What an order led to, in a sentence each; the status of the users says the rest.
    package var results: [String] = []
    package var timings: TimingsDocument?
    package var status: ExitStatus
}
