internal import Operations

/// What was looked at, for people and programs.
enum FindingsOutput {
    /// Prints what was found, and throws the exit status unless all is well.
    static func print(_ findings: [Finding], _ options: GlobalOptions) throws {
        if options.json {
            try JSONOutput.print(["checks": findings])
        } else {
            let terminal = Terminal(options)
            for finding in findings where !options.quiet || finding.status != .done {
                let mark = finding.status == .done ? terminal.styled("ok    ", .green) : terminal.styled("FAILED", .red)
                terminal.write("\(mark)  \(terminal.wrapped("\(finding.subject): \(finding.detail)", indent: 8))\n")
                if let warning = finding.warning {
                    let text = terminal.wrapped("\(finding.subject): \(warning)", indent: 8)
                    terminal.write("\(terminal.styled("look  ", .yellow))  \(text)\n")
                }
            }
        }
        try FinishedWith.check(findings.map(\.status).worst)
    }
}
