internal import Operations

/// One user's status for people.
struct StatusText {
    /// More targets than this are counted; those that somebody should see are listed.
    private static let longestList = 12
    /// No more of them than that, without `--verbose`.
    private static let longestTrouble = 40

    let user: StatusDocument.User
    let terminal: Terminal
    /// Whether everything is wanted, with what the services said.
    var isVerbose = false

    var text: String {
        var lines = [
            "\(terminal.styled(user.user, .bold))  \(user.phase)"
                + (user.rotation > 0 ? ", rotation \(user.rotation)" : ", no rotation yet")
        ]
        if let problem = user.problem {
            lines.append("  " + terminal.styled(terminal.wrapped("problem: \(problem)", indent: 4), .red))
        }
        if let old = user.overAge {
            lines.append("  " + terminal.styled(terminal.wrapped("too old: \(old.text)", indent: 4), .red))
        }
        if user.keys.isEmpty { lines.append("  keys: not looked at yet; `keyturn step` does") }
        lines += user.keys.map { key in
            let text = "\(key.id)  \(pad(key.status, 8))  created \(key.created)"
            return "  \(pad(key.role, 9)) \(terminal.wrapped(text, indent: 12))"
        }
        lines += deliveries
        lines.append("  " + terminal.wrapped("next: \(next)", indent: 4))
        return lines.joined(separator: "\n") + "\n"
    }

    private var next: String {
        guard let due = user.next.due else {
            return user.next.action == "blocked"
                ? "nothing, until `keyturn retry \(user.user)`"
                : "nothing, until `keyturn rotate \(user.user)`: keyturn has never rotated it"
        }
        return "\(user.next.action), \(due)"
    }

    /// What somebody should see comes first.
    private var deliveries: [String] {
        let all = user.deliveries.filter { !$0.isQuiet } + user.deliveries.filter(\.isQuiet)
        guard !isVerbose, all.count > Self.longestList else { return all.map(line) }
        let shown = all.filter { !$0.isQuiet && !isUntried($0) || $0.holds != nil }
        let left = shown.count - Self.longestTrouble
        let more = left > 0 ? ["  and \(left) more that are not confirmed"] : []
        return [terminal.wrapped("  \(all.count) targets: \(counts(all)); --verbose lists them", indent: 4)]
            + shown.prefix(Self.longestTrouble).map(line) + more
    }

    private func isUntried(_ delivery: StatusDocument.DeliveryLine) -> Bool {
        delivery.state == "pending" && delivery.attempts == 0 && delivery.detail == nil
    }

    /// `3 failed, 497 confirmed`
    private func counts(_ deliveries: [StatusDocument.DeliveryLine]) -> String {
        let states = ["failed", "unknown", "pending", "skipped", "confirmed"]
        let counts = Dictionary(grouping: deliveries, by: \.state).mapValues(\.count)
        return states.compactMap { state in counts[state].map { "\($0) \(state)" } }.joined(separator: ", ")
    }

    private func line(_ delivery: StatusDocument.DeliveryLine) -> String {
        let style: Terminal.Style =
            switch delivery.state {
            case "confirmed": .green
            case "failed", "unknown": .red
            default: .yellow
            }
        let tries = delivery.attempts > 1 ? ", \(delivery.attempts) attempts" : ""
        let evidence = delivery.evidence.map { " (\($0))" } ?? ""
        // What a service said when all was well is in the history.
        let detail = delivery.isQuiet && !isVerbose ? nil : delivery.detail
        let text = "\(delivery.target)\(evidence)\(tries)" + (detail.map { "  \($0)" } ?? "")
        return "  \(terminal.styled(pad(delivery.state, 9), style)) \(terminal.wrapped(text, indent: 12))"
            + (isVerbose ? plugin(delivery) : "")
            + (delivery.mayBeTorn ? "\n" + torn(delivery) : "")
            + (delivery.holds.map { "\n            holds \(terminal.wrapped($0.text, indent: 12))" } ?? "")
            + ((delivery.holds == nil ? delivery.drift : delivery.holds?.drift).map {
                "\n            \(warning("drift: \($0)", .yellow))"
            } ?? "")
    }

    private func plugin(_ delivery: StatusDocument.DeliveryLine) -> String {
        guard let version = delivery.pluginVersion, let sum = delivery.pluginSHA256 else { return "" }
        return "\n            by version \(version) of the plugin, sha256:\(sum)"
    }

    private func torn(_ delivery: StatusDocument.DeliveryLine) -> String {
        let help =
            delivery.state == "skipped" ? "nobody mends it before the next rotation" : "it is pushed before the others"
        return "            "
            + warning("may be torn: one variable of the old key, one of the new; jobs fail there; \(help)", .red)
    }

    private func warning(_ text: String, _ style: Terminal.Style) -> String {
        terminal.styled(terminal.wrapped(text, indent: 12), style)
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

/// Several users' status for people: those with a problem first and in full, many others on a line each.
struct StatusOverview {
    /// More users than this that need nobody's attention have a line each.
    private static let longestList = 5

    let users: [StatusDocument.User]
    /// nil: the state is one that only this machine may use.
    var workers: [StatusDocument.Worker]?
    let terminal: Terminal
    var isVerbose = false

    var text: String { overview + (workers.map { "\n" + text(of: $0) } ?? "") }

    private func text(of workers: [StatusDocument.Worker]) -> String {
        guard !workers.isEmpty else { return "no worker is up: `keyturn run` is one\n" }
        var table = Table(header: ["WORKER", "USERS", "UP SINCE", "VERSION"])
        table.rows = workers.map { ["\($0.host), process \($0.process)", "\($0.users)", $0.since, $0.version] }
        return table.text(terminal)
    }

    private var overview: String {
        let troubled = users.filter(\.needsAttention)
        let fine = users.filter { !$0.needsAttention }
        let isLong = !isVerbose && fine.count > Self.longestList
        let inFull = isLong ? troubled : troubled + fine
        let blocks = inFull.map { StatusText(user: $0, terminal: terminal, isVerbose: isVerbose).text }
        guard isLong else { return blocks.joined(separator: "\n") }
        var table = Table(header: ["USER", "PHASE", "ROTATION", "TARGETS", "NEXT"])
        table.rows = fine.map { user in
            [
                user.user, user.phase, "\(user.rotation)", "\(user.deliveries.count)",
                ([user.next.action] + (user.next.due.map { [$0] } ?? [])).joined(separator: ", "),
            ]
        }
        let summary =
            "\(users.count) users: \(troubled.count) not confirmed everywhere or with a problem, \(fine.count) fine\n"
        return ([summary] + blocks + [table.text(terminal)]).joined(separator: "\n")
    }
}
