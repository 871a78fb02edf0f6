internal import Journal

extension CommandFailure {
    /// A state that cannot be used, and what to do about it.
    init(_ error: JournalError) {
        let next =
            switch error.code {
            case .foreign: " `state` must name a file of keyturn's own, or one that does not exist yet."
            case .corrupt: " Restore it from a backup; IAM and the targets were not touched."
            case .newer: " Use the newer keyturn that wrote it."
            case .wrongSealKey: " Put the former key back; without it a pair under way cannot be opened."
            case .unavailable, .overtaken, .leased: ""
            }
        let status: ExitStatus =
            switch error.code {
            case .unavailable: .failed
            case .overtaken, .leased: .unfinished
            case .foreign, .corrupt, .newer, .wrongSealKey: .configuration
            }
        self.init(status, "the state cannot be used: \(error.description).\(next)")
    }
}
