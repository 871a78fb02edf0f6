internal import ArgumentParser
internal import FoundationEssentials

/// What every command takes.
struct GlobalOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "The configuration. Default: $KEYTURN_CONFIG, ./keyturn.yaml, /etc/keyturn/keyturn.yaml.", valueName: "file"
        ), completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    @Flag(name: .shortAndLong, help: "Print one JSON document on stdout and nothing else there.")
    var json = false

    @Flag(name: .shortAndLong, help: "Log errors only.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Log more: what pushers say, and each request's outcome.")
    var verbose = false

    @Flag(name: .customLong("no-color"), help: "No colours and no live display, also on a terminal.")
    var noColor = false

    @Option(
        help: ArgumentHelp(
            "The form of the log on stderr: text or json. Default: $KEYTURN_LOG_FORMAT, else json for `run --json` and `lambda`, else text.",
            valueName: "form"))
    var logFormat: LogFormat?

    @Option(
        help: ArgumentHelp(
            "The lowest level that is logged: debug, info, notice, warning or error. Default: $KEYTURN_LOG_LEVEL, else info.",
            valueName: "level"))
    var logLevel: LogLevel?

    func validate() throws {
        if logLevel != nil, quiet || verbose {
            throw ValidationError("--log-level cannot go together with --quiet or --verbose")
        }
        try LogSettings.check(ProcessInfo.processInfo.environment)
        if quiet, verbose { throw ValidationError("--quiet and --verbose cannot go together") }
    }
}

/// What users as arguments can be given as, too.
struct RepeatedUser: ParsableArguments {
    @Option(
        name: [.customLong("user"), .customShort("u")],
        help: ArgumentHelp("The same as an option; may be given several times.", valueName: "user"),
        completion: Suggestions.users)
    var users: [String] = []
}

/// For commands that work on some users or on all.
struct UserSelection: ParsableArguments {
    @Argument(
        help: ArgumentHelp("Users of the configuration. Default: all users.", valueName: "user"),
        completion: Suggestions.users)
    var named: [String] = []

    @OptionGroup var option: RepeatedUser

    /// None: all.
    var users: [String] { named + option.users }
}

/// For a command that works on all users only where that is said.
struct RotatedUsers: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "Users of the configuration. Default: its only user; if there are several, name some or give --all.",
            valueName: "user"),
        completion: Suggestions.users)
    var named: [String] = []

    @OptionGroup var option: RepeatedUser

    var users: [String] { named + option.users }
}

/// For commands whose argument is something else.
struct UserOption: ParsableArguments {
    @Option(
        name: [.customLong("user"), .customShort("u")],
        help: ArgumentHelp(
            "Only this user of the configuration; may be given several times. Default: all users.", valueName: "user"),
        completion: Suggestions.users)
    var users: [String] = []
}

/// For commands that show one user or all.
struct OptionalUser: ParsableArguments {
    @Argument(
        help: ArgumentHelp("Only this user's. Default: all users.", valueName: "user"), completion: Suggestions.users)
    var named: String?

    @Option(
        name: [.customLong("user"), .customShort("u")], help: ArgumentHelp("The same as an option.", valueName: "user"),
        completion: Suggestions.users)
    var optional: String?

    /// nil: all.
    var user: String? { named ?? optional }

    func validate() throws {
        if named != nil || optional != nil { try OneUser.checkNamedOnce(named, optional, missing: "") }
    }
}

/// For commands that work on one user.
struct OneUser: ParsableArguments {
    @Argument(help: ArgumentHelp("The user.", valueName: "user"), completion: Suggestions.users)
    var named: String?

    @Option(
        name: [.customLong("user"), .customShort("u")], help: ArgumentHelp("The same as an option.", valueName: "user"),
        completion: Suggestions.users)
    var optional: String?

    /// Its name.
    var user: String { named ?? optional ?? "" }

    func validate() throws {
        try Self.checkNamedOnce(named, optional, missing: "the user is missing, such as cicd-bot")
    }

    /// One of an argument and the option `--user`, and not both.
    static func checkNamedOnce(_ named: String?, _ optional: String?, missing: String) throws {
        if named == nil, optional == nil { throw ValidationError(missing) }
        if named != nil, optional != nil {
            throw ValidationError("the user is named twice: as an argument and by --user")
        }
    }
}

/// For commands that work: where the time goes.
struct TimingOptions: ParsableArguments {
    @Flag(
        help: """
            Print at the end where the time went: each phase, call of AWS and of pushers, and write to the state. On stderr; \
            with --json in the document.
            """)
    var timings = false
}
