internal import FoundationEssentials
internal import Operations

extension OperationContext {
    /// What the options of a command give an operation.
    init(_ options: GlobalOptions) {
        self.init(
            file: options.config, environment: ProcessInfo.processInfo.environment, log: EventLog(options),
            command: CommandLine.arguments.dropFirst().first { !$0.hasPrefix("-") } ?? "keyturn",
            version: Keyturn.version)
    }
}
