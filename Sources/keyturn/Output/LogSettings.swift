internal import ArgumentParser
internal import FoundationEssentials
internal import Glibc
internal import Operations

/// The form of the log.
enum LogFormat: String, CaseIterable, ExpressibleByArgument { case text, json }

/// The lowest level that is logged.
enum LogLevel: String, CaseIterable, ExpressibleByArgument {
    case debug, info, notice, warning, error

    /// Whether a line of that level is logged.
    func lets(_ level: EventLog.Level) -> Bool {
        let levels = EventLog.Level.allCases
        guard let least = levels.firstIndex(where: { $0.rawValue == rawValue }),
            let index = levels.firstIndex(of: level)
        else { return true }
        return index >= least
    }
}

/// How the log is written: by the options, else the environment, else the command.
struct LogSettings {
    private static let formatVariable = "KEYTURN_LOG_FORMAT"
    private static let levelVariable = "KEYTURN_LOG_LEVEL"

    let format: LogFormat
    let level: LogLevel
    /// Whether each line begins with its priority, as journald reads it.
    let hasPriorities: Bool

    /// By the options of a command.
    init(_ options: GlobalOptions) {
        let environment = ProcessInfo.processInfo.environment
        format = Self.format(CommandLine.arguments, environment)
        level =
            options.logLevel
            ?? (options.quiet
                ? .error
                : options.verbose
                    ? .debug : environment[Self.levelVariable].flatMap { LogLevel(rawValue: $0) } ?? .info)
        hasPriorities = Self.isJournal(environment)
    }

    /// Before the options are read, or where they cannot be: for the sentence that a command fails with.
    init() {
        let environment = ProcessInfo.processInfo.environment
        format = Self.format(CommandLine.arguments, environment)
        level = .error
        hasPriorities = Self.isJournal(environment)
    }

    /// - Throws: where a variable has a value that does not exist.
    static func check(_ environment: [String: String]) throws {
        try check(environment, formatVariable, LogFormat.self)
        try check(environment, levelVariable, LogLevel.self)
    }

    private static func check<Value: CaseIterable & RawRepresentable<String>>(
        _ environment: [String: String], _ name: String, _ type: Value.Type
    ) throws {
        guard let text = environment[name], !text.isEmpty, Value(rawValue: text) == nil else { return }
        let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("$\(name) is `\(text)`; the values are: \(known)")
    }

    /// From the words themselves, since it counts also where they cannot be parsed.
    static func format(_ arguments: [String], _ environment: [String: String]) -> LogFormat {
        let option = "--log-format"
        for (index, word) in arguments.enumerated() {
            if word == option, index + 1 < arguments.count, let format = LogFormat(rawValue: arguments[index + 1]) {
                return format
            }
            if word.hasPrefix(option + "="), let format = LogFormat(rawValue: String(word.dropFirst(option.count + 1)))
            {
                return format
            }
        }
        if let format = environment[formatVariable].flatMap({ LogFormat(rawValue: $0) }) { return format }
        let command = arguments.dropFirst().first { !$0.hasPrefix("-") }
        return command == "lambda" || command == "run" && arguments.contains("--json") ? .json : .text
    }

    /// Whether stderr is the stream that systemd connected to its journal.
    ///
    /// Source: `$JOURNAL_STREAM` in systemd.exec(5): device and inode, in decimal, to be compared with what stderr is.
    private static func isJournal(_ environment: [String: String]) -> Bool {
        guard let stream = environment["JOURNAL_STREAM"] else { return false }
        var attributes = stat()
        guard fstat(STDERR_FILENO, &attributes) == 0 else { return false }
        return stream == "\(attributes.st_dev):\(attributes.st_ino)"
    }
}
