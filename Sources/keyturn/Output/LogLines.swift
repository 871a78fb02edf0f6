internal import Operations

extension EventLog {
    /// What is logged goes to stderr, one line each, never a secret.
    init(_ options: GlobalOptions) {
        let settings = LogSettings(options)
        self.init(lines: { settings.write($0) })
    }
}

extension LogSettings {
    /// Writes a line, unless its level is too low.
    func write(_ line: LogLine) {
        guard level.lets(line.level) else { return }
        StandardStream.error.write(priority(line.level) + text(line) + "\n")
    }

    /// The sentence that a command fails with. For people it begins with the program's name, as theirs do.
    func write(failure message: String, status: Int32) {
        switch format {
        case .text:
            let beginning = "keyturn: "
            // A journal has lines of its own: one for each sentence.
            let text =
                hasPriorities ? message : Terminal(plain: .error).wrapped(lines: message, indent: beginning.count)
            StandardStream.error.write("\(priority(.error))\(beginning)\(text)\n")
        case .json:
            var line = LogLine(level: .error, message: message)
            line.fields.code = "exit-\(status)"
            write(line)
        }
    }

    private func text(_ line: LogLine) -> String {
        switch format {
        case .text: "\(Moment.text(Moment.now)) \(line.text)"
        case .json: line.json(at: Moment.precise(Moment.now))
        }
    }

    /// `<3>`, as in syslog(3).
    private func priority(_ level: EventLog.Level) -> String {
        guard hasPriorities else { return "" }
        return switch level {
        case .error: "<3>"
        case .warning: "<4>"
        case .notice: "<5>"
        case .info: "<6>"
        case .debug: "<7>"
        }
    }
}
