internal import Operations

/// The report for people.
struct ReportText {
    let document: ReportDocument
    let terminal: Terminal

    var text: String {
        let period = (document.since.map { "from \($0) " } ?? "") + "to \(document.until)"
        var blocks = [terminal.wrapped("Access keys, \(period)", indent: 4) + "\n", users]
        blocks += document.users.compactMap(remarks)
        if document.federation.couldFederate > 0 { blocks.append(federation) }
        if let unmanaged = document.unmanaged { blocks.append(text(of: unmanaged)) }
        blocks.append(history)
        if document.maxAge != nil || !document.failures.isEmpty { blocks.append(verdict) }
        return blocks.joined(separator: "\n")
    }

    private var users: String {
        guard !document.users.isEmpty else { return "There are no users.\n" }
        var table = Table(header: ["USER", "ROTATIONS", "LAST", "OLDEST KEY", "TARGETS"])
        table.rows = document.users.map { user in
            let confirmed = user.targets.count { $0.state == "confirmed" }
            return [
                user.user + (user.isConfigured ? "" : " (left)"), "\(user.rotations)", user.lastRotation ?? "-",
                user.oldest.map { "\($0.isAtLeast ? "at least " : "")\(Moment.text(.seconds($0.seconds)))" } ?? "-",
                "\(confirmed) of \(user.targets.count) confirmed",
            ]
        }
        return table.text(terminal)
    }

    /// What an auditor asks about: skips, leaks, problems.
    private func remarks(_ user: ReportDocument.User) -> String? {
        var lines: [String] = []
        if let problem = user.problem { lines.append("problem: \(problem)") }
        lines += user.leaks.map {
            "leaked: \($0.key), reported \($0.at), "
                + ($0.deadAt == nil
                    ? "STILL ACTIVE after \(Moment.text(.seconds($0.seconds)))"
                    : "dead after \(Moment.text(.seconds($0.seconds)))")
        }
        lines += user.skips.map { "skipped: \($0.target), \($0.at)\($0.reason.map { ": \($0)" } ?? "")" }
        guard !lines.isEmpty else { return nil }
        return terminal.styled(user.user, .bold) + "\n"
            + lines.map { "  \(terminal.wrapped($0, indent: 4))\n" }.joined()
    }

    private var federation: String {
        let (count, all) = (document.federation.couldFederate, document.federation.targets)
        return terminal.wrapped(
            "\(count) of \(counted(all, "target")) \(count == 1 ? "is" : "are") in systems that could do without a key; `keyturn federate TARGET` shows how.",
            indent: 0) + "\n"
    }

    private func text(of unmanaged: [ReportDocument.Unmanaged]) -> String {
        guard !unmanaged.isEmpty else { return "IAM has no key that keyturn does not rotate.\n" }
        var table = Table(header: ["NOT ROTATED BY KEYTURN", "USER", "STATUS", "AGE"])
        table.rows = unmanaged.map { [$0.key, $0.user, $0.status, Moment.text(.seconds($0.seconds))] }
        return table.text(terminal)
    }

    private var history: String {
        let head =
            document.history.head.map { head in
                let words =
                    "head: where the history ends now. Note it where those who can write the state cannot write: "
                    + "`keyturn history verify --head HEAD` shows later that nothing before it was changed."
                return "\(terminal.wrapped(words, indent: 6))\n      \(head)\n"
            } ?? ""
        guard document.history.ok else {
            return verdict("FAILED", .red, "the history is not as it was written") + head
        }
        return verdict(
            "ok", .green,
            "\(counted(document.history.lines, "line")) of history \(document.history.lines == 1 ? "is as it was" : "are as they were") written"
        ) + head
    }

    private var verdict: String {
        guard !document.failures.isEmpty else {
            let limit = document.maxAge.map { Moment.text(.seconds($0)) } ?? ""
            return verdict("passed", .green, "no key was older than \(limit)")
        }
        return document.failures.map { verdict("FAILED", .red, $0) }.joined()
    }

    private func verdict(_ word: String, _ style: Terminal.Style, _ text: String) -> String {
        "\(terminal.styled(word, style))  \(terminal.wrapped(text, indent: 8))\n"
    }
}
