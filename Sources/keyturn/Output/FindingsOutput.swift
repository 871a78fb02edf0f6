internal import Operations

/// What was looked at, for people and programs.
enum FindingsOutput {
    /// Prints what was found, and throws the exit status unless all is well.
    static func print(_ findings: [Finding], _ options: GlobalOptions) throws {
        if options.json {
            try JSONOutput.print(["checks": findings])
        } else {
            let terminal = Terminal(options)
            let isLong = findings.count > longest && !options.verbose
            for finding in findings
            where !(options.quiet || isLong && finding.warning == nil) || finding.status != .done {
                let mark = finding.status == .done ? terminal.styled("ok    ", .green) : terminal.styled("FAILED", .red)
                terminal.write("\(mark)  \(terminal.wrapped("\(finding.subject): \(finding.detail)", indent: 8))\n")
                if let warning = finding.warning {
                    let text = terminal.wrapped("\(finding.subject): \(warning)", indent: 8)
                    terminal.write("\(terminal.styled("look  ", .yellow))  \(text)\n")
                }
            }
            if isLong, !options.quiet { terminal.write(summary(findings)) }
        }
        try FinishedWith.check(findings.map(\.status).worst)
    }

    /// Of more findings than this, those that are as they should be are counted.
    private static let longest = 60

    private static func summary(_ findings: [Finding]) -> String {
        let failed = findings.count { $0.status != .done }
        let (fine, all) = (findings.count - failed, findings.count)
        let looks = findings.count { $0.status == .done && $0.warning != nil }
        return
            "\(fine) of \(all) \(all == 1 ? "check" : "checks") \(fine == 1 ? "is" : "are") ok, \(looks) of these to look at; \(failed) failed. --verbose lists all\n"
    }
}
