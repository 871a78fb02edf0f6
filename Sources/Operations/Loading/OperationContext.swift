internal import Engine

/// What an operation is given to begin with: nothing of it is looked up later, so a test can give anything.
package struct OperationContext: Sendable {
    /// The configuration file; nil: where keyturn looks for it.
    package var file: String?
    package var environment: [String: String]
    package var log: EventLog
    /// The command, as the history names it: `rotate`, `step`, `run`.
    package var command: String
    /// The version that the status page shows.
    package var version: String
    package var installation: Installation
    /// Where what stays up gets the time from.
    var clock: any EngineClock = SystemClock()
    /// Is called when AWS does not take keyturn's credentials any more, and there are no others where they came from.
    var credentialsEnded: @Sendable () -> Void = {}
    /// Parts of a pusher's sandbox that this machine refuses, and without which keyturn's own pushers run all the same: where an operator
    /// cannot choose the machine, as in AWS Lambda. Those of others need `accept-missing`.
    var lackingParts: [String] = []
    /// What opens the state.
    var openStore: StateAccess.Opening = StateAccess.openStore

    package init(
        file: String? = nil, environment: [String: String], log: EventLog, command: String, version: String,
        installation: Installation = .current
    ) {
        self.file = file
        self.environment = environment
        self.log = log
        self.command = command
        self.version = version
        self.installation = installation
    }
}
