/// What a process that stays up is to do next.
enum DaemonCommand: Sendable {
    /// A configuration with all that its work needs.
    struct Opened {
        var loaded: LoadedConfiguration
        var state: StateAccess
        var services: OpenServices
        var secretFiles: SecretFiles
    }

    /// SIGTERM, SIGINT.
    case stop
    /// SIGHUP.
    case reload
    /// It is time to look for users again.
    case look
    /// A configuration was looked at again. It takes the place of the present one; nil: that one stays.
    case renewed(Opened?)
    /// The scheduler has ended by itself.
    case ended
}
