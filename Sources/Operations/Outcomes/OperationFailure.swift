internal import Configuration
internal import Journal

/// An operation that cannot do what it was asked, with the sentence for people and the status for programs.
package struct OperationFailure: Error {
    package var status: ExitStatus
    /// What failed, what was done about it, and what the reader can do.
    package var message: String

    package init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    /// A configuration that cannot be used, or that others could change.
    init(_ error: ConfigurationError) { self.init(ExitStatus(error), error.description) }

    /// A state that cannot be used, and what to do about it.
    init(_ error: JournalError) {
        let next =
            switch error.code {
            case .foreign: " `state` must name a file or a database of keyturn's own, or one that is empty."
            case .corrupt: " Restore it from a backup; IAM and the targets were not touched."
            case .newer: " Use the newer keyturn that wrote it."
            case .wrongSealKey: " Put the former key back; without it a pair in progress cannot be opened."
            case .unreachable: " What is due is done once its server answers."
            case .denied, .unavailable, .overtaken, .leased, .moved, .tooLarge: ""
            }
        self.init(ExitStatus(error.code), "the state cannot be used: \(error.description).\(next)")
    }

    /// The sentence of any error: that of a failure, else what the error says of itself.
    static func words(_ error: any Error) -> String { (error as? OperationFailure)?.message ?? "\(error)" }
}

/// An option or an argument whose value cannot be used: a mistake of the command line, found only once the configuration is known.
package struct InvalidOption: Error {
    package var message: String
}
