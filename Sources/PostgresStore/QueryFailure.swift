internal import StateStore

/// Why a query has no result.
struct QueryFailure: Error {
    /// What is to be done about it.
    enum Remedy {
        /// The connection is of no use any more.
        case reconnect
        /// The server wants the transaction made once more.
        case again
        /// Nothing that time resolves.
        case never
    }

    var remedy: Remedy
    /// Whether it may have been done all the same.
    var mayBeDone = false
    /// The server's code of five characters; nil: it did not answer.
    var state: String?
    /// One sentence, without anything that is kept.
    var message: String

    /// The connection was lost, or could not be made.
    static func lost(_ message: String, afterSending: Bool) -> QueryFailure {
        QueryFailure(remedy: .reconnect, mayBeDone: afterSending, state: nil, message: message)
    }

    init(remedy: Remedy, mayBeDone: Bool = false, state: String?, message: String) {
        (self.remedy, self.mayBeDone, self.state, self.message) = (remedy, mayBeDone, state, message)
    }

    /// What the server said.
    ///
    /// - Parameters:
    ///   - state: as in PostgreSQL's table of error codes (Appendix A of its manual).
    ///   - said: its sentence.
    init(state: String, said: String) {
        self.state = state
        message = Self.advice(for: state).map { "\(said): \($0)" } ?? said
        switch state.prefix(2) {
        // Connection exceptions. 08007: the transaction's end is not known.
        case "08":
            remedy = .reconnect
            mayBeDone = true
        // The server is shutting down or starting, or the session timed out; operator intervention.
        case "57":
            remedy = state == "57014" ? .again : .reconnect
            mayBeDone = state != "57P03"
        // Serialization failure, deadlock; 40003: it is not known whether the statement was completed.
        case "40":
            remedy = .again
            mayBeDone = state == "40003"
        // Lock not available.
        case "55": remedy = .again
        // Too many connections, out of memory; a full disk is not made empty by waiting.
        case "53": remedy = state == "53100" ? .never : .reconnect
        // A standby: the primary is somewhere else by now. 25P03: the transaction was idle for too long.
        case "25": remedy = .reconnect
        default: remedy = .never
        }
    }

    private static func advice(for state: String) -> String? {
        switch state {
        case "28000", "28P01": "see `state-password`, PGPASSWORD or the password file, and pg_hba.conf on the server"
        case "3D000": "make it with `createdb`"
        case "42501": "the guide \"State in PostgreSQL\" has the statements that give a role what it needs"
        case "53100": "make room on the server's disk"
        case "53300": "see max_connections on the server"
        default: nil
        }
    }

    /// What it means for whoever uses the store.
    var storeError: StoreError {
        switch state?.prefix(2) {
        // An earlier try may have been carried out, whatever the last one was answered.
        case _ where mayBeDone: StoreError(.uncertain, message)
        // Data or index corrupted.
        case "XX" where state != "XX000": StoreError(.corrupt, message)
        // No such table, no such column: another program's schema, or one that was taken apart.
        case "42" where state == "42P01" || state == "42703": StoreError(.foreign, message)
        // Invalid authorization, no such database, no right.
        case "28", "3D": StoreError(.denied, message)
        case "42" where state == "42501": StoreError(.denied, message)
        case nil, "57", "53", "25", "08": StoreError(.unreachable, message)
        default: StoreError(.unavailable, message)
        }
    }
}
