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
                terminal.write(
                    "\(mark(finding, terminal))  \(terminal.wrapped("\(finding.subject): \(finding.detail)", indent: 8))\n"
                )
                if let warning = finding.warning {
                    terminal.write("        \(terminal.wrapped(warning, indent: 8))\n")
                }
            }
            if isLong, !options.quiet { terminal.write(summary(findings)) }
        }
        try FinishedWith.check(findings.map(\.status).worst)
    }

    /// One thing has one mark: what is worth a look is not called ok as well.
    private static func mark(_ finding: Finding, _ terminal: Terminal) -> String {
        guard finding.status == .done else { return terminal.styled("FAILED", .red) }
        return finding.warning == nil ? terminal.styled("ok    ", .green) : terminal.styled("look  ", .yellow)
    }

    /// Of more findings than this, those that are as they should be are counted.
    private static let longest = 60

    private static func summary(_ findings: [Finding]) -> String {
        let failed = findings.count { $0.status != .done }
        let looks = findings.count { $0.status == .done && $0.warning != nil }
        let fine = findings.count - failed - looks
        return
            "\(fine) of \(counted(findings.count, "check")) \(fine == 1 ? "is" : "are") ok, \(looks) to look at, \(failed) failed. --verbose lists all\n"
    }
}
