internal import Operations
internal import Rotation

/// One user's status for people.
struct StatusText {
    /// More targets than this are counted; those that someone should see are listed.
    private static let longestList = 12
    /// No more of them than that, without `--verbose`.
    private static let longestTrouble = 40

    let user: StatusDocument.User
    let terminal: Terminal
    /// Whether everything is wanted, with what the services said.
    var isVerbose = false

    var text: String {
        let phase = user.phase + (user.rotation > 0 ? ", rotation \(user.rotation)" : ", no rotation yet")
        var lines = ["\(terminal.styled(user.user, .bold))  \(terminal.wrapped(phase, indent: user.user.count + 2))"]
        lines += user.leaks.map { leak in
            let text = terminal.wrapped(leak.isActive ? "LEAKED: \(leak.text)" : "leaked: \(leak.text)", indent: 4)
            return "  " + (leak.isActive ? terminal.alarm(text) : terminal.styled(text, .red))
        }
        if let outage = user.outage {
            lines.append("  " + terminal.alarm(terminal.wrapped("OUTAGE: \(outage.text)", indent: 4)))
        }
        if let problem = user.problem {
            lines.append("  " + terminal.styled(terminal.wrapped("problem: \(problem)", indent: 4), .red))
        }
        if let old = user.overAge {
            lines.append("  " + terminal.styled(terminal.wrapped("too old: \(old.text)", indent: 4), .red))
        }
        if user.keys.isEmpty {
            let isBlocked = user.problem != nil
            lines.append("  keys: \(isBlocked ? "none that keyturn knows" : "not looked at yet; `keyturn step` does")")
        }
        lines += user.keys.map { key in
            let text = "\(key.id)  \(pad(key.status, 8))  created \(key.created)"
            return "  \(pad(key.role, 9)) \(terminal.wrapped(text, indent: 12))"
        }
        lines += user.deliveries.isEmpty ? untouched : deliveries
        lines.append("  " + terminal.wrapped("next: \(next)\(order)", indent: 4))
        if let end = user.frozenUntil {
            let text =
                "freeze: no rotation begins before \(Moment.text(end)), except with `keyturn rotate \(user.user) --despite-freeze`"
            lines.append("  " + terminal.styled(terminal.wrapped(text, indent: 4), .yellow))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The next step and when, or what it waits for.
    var next: String {
        guard let due = user.next.due else {
            guard user.next.action == "blocked" else {
                return "nothing, until `keyturn rotate \(user.user)`: keyturn has never rotated it"
            }
            return user.problemCode == "rolled-back"
                ? "nothing, until `keyturn retry \(user.user)`" : "nothing, until the problem is resolved"
        }
        if user.overdue >= Self.patience { return "\(user.next.action), overdue by \(Moment.text(user.overdue))" }
        guard let moment = Moment.parse(due) else { return "\(user.next.action), \(due)" }
        // A rotation that cannot begin does not begin then either, unless what is in its way is gone.
        let isBlocked = user.phase == "idle" && user.problem != nil
        let action = isBlocked ? "the problem is looked at again" : user.next.action
        let when = "\(action), \(Moment.relative(moment, to: Moment.now)) (\(due))"
        return moment > Moment.now ? when : "\(when), by `keyturn run` or `keyturn step`"
    }

    /// That an order is kept whose rotation could not begin.
    private var order: String {
        guard user.phase == "idle", user.problem != nil, user.isRequested else { return "" }
        return "; an operator asked for its rotation, which begins by itself once the problem is resolved"
    }

    /// A timer of `keyturn step` comes round in this time.
    static let patience: Duration = .seconds(600)

    /// Before the first rotation.
    private var untouched: [String] {
        user.targets == 0 ? [] : ["  targets: \(user.targets), nothing was pushed there yet"]
    }

    /// What someone should see comes first.
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
        var detail = delivery.isQuiet && !isVerbose ? nil : delivery.detail
        // The problem has it already.
        if let said = detail, user.problem?.contains("\(delivery.target): \(said)") == true { detail = "see above" }
        let text = "\(delivery.target)\(evidence)\(tries)" + (detail.map { "  \($0)" } ?? "")
        let state = terminal.styled(delivery.state, style) + blanks(delivery.state, 9)
        return "  \(state) \(terminal.wrapped(text, indent: 12))"
            + (isVerbose ? plugin(delivery) : "")
            + (delivery.mayBeTorn ? "\n" + torn(delivery) : "")
            + (delivery.holds.map { "\n            \(terminal.wrapped($0.text, indent: 12))" } ?? "")
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
            delivery.state == "skipped" ? "it stays so until the next rotation" : "it is pushed before the others"
        return "            "
            + warning("may be torn: one variable of the old key, one of the new; jobs fail there; \(help)", .red)
    }

    private func warning(_ text: String, _ style: Terminal.Style) -> String {
        terminal.styled(terminal.wrapped(text, indent: 12), style)
    }

    private func pad(_ text: String, _ width: Int) -> String { text + blanks(text, width) }

    /// What fills a column after a text. They have no colour: at the end of a line they go.
    private func blanks(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count))
    }
}

/// Several users' status for people: those with a problem first and in full, many others on a line each.
struct StatusOverview {
    /// More users than this that need no one's attention have a line each.
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
        let alarming = troubled.filter(\.isAlarming)
        let fine = users.filter { !$0.needsAttention }
        let isLong = !isVerbose && fine.count > Self.longestList
        let (groups, others) =
            isVerbose ? ([], troubled) : TroubleGroup.groups(of: troubled)
        let inFull = others.filter { !$0.isAlarming } + (isLong ? [] : fine)
        var parts = [overdue, isLong ? frozen : nil].compactMap(\.self)
        if isLong || !groups.isEmpty {
            let leaked = alarming.isEmpty ? "" : "\(alarming.count) with a leaked key or an outage, "
            let text =
                "\(users.count) users: \(leaked)\(troubled.count - alarming.count) not confirmed everywhere or with a problem, "
                + "\(fine.count) fine"
            parts.append(terminal.wrapped(text, indent: 4) + "\n")
        }
        // What cannot wait comes first.
        parts += alarming.map(block) + groups.map(text) + inFull.map(block)
        if isLong { parts.append(list(fine)) }
        return parts.joined(separator: "\n")
    }

    private func block(_ user: StatusDocument.User) -> String {
        StatusText(user: user, terminal: terminal, isVerbose: isVerbose).text
    }

    /// A process that is not running cannot say so.
    private var overdue: String? {
        let late = users.filter { $0.overdue >= StatusText.patience && $0.problem == nil }
        guard let longest = late.map(\.overdue).max() else { return nil }
        let who = late.count == 1 ? late[0].user : "\(late.count) users"
        let text =
            "\(who): overdue by \(Moment.text(longest)). Is `keyturn run`, or a timer for `keyturn step`, running?"
        return terminal.styled(terminal.wrapped(text, indent: 2), .yellow) + "\n"
    }

    /// Users that have a line each do not say it.
    private var frozen: String? {
        let ends = users.compactMap(\.frozenUntil)
        guard let first = ends.min(), let last = ends.max() else { return nil }
        let until =
            first == last
            ? "before \(Moment.text(first))"
            : "before times between \(Moment.text(first)) and \(Moment.text(last)); `keyturn status USER` shows that of one"
        let text =
            "`freeze` lets no rotation of \(counted(ends.count, "user")) begin \(until)"
        return terminal.styled(terminal.wrapped(text, indent: 2), .yellow) + "\n"
    }

    private func text(of group: TroubleGroup) -> String {
        let names = listed(group.users.map(\.user), most: 3)
        let targets = group.targets > 0 ? ", \(counted(group.targets, "target"))" : ""
        let head = terminal.styled("\(group.users.count) users\(targets) with the same problem", .bold)
        let causes = group.causes.prefix(5).map {
            "  " + terminal.styled(terminal.wrapped("problem: \($0)", indent: 4), .red)
        }
        let next = group.nextPush.map { "; next push \(Moment.relative($0, to: Moment.now))" } ?? ""
        let text = "users: \(names); `keyturn status \(group.users[0].user)` shows one\(next)"
        let more = "  " + terminal.wrapped(text, indent: 4)
        return ([head] + causes + [more]).joined(separator: "\n") + "\n"
    }

    private func list(_ users: [StatusDocument.User]) -> String {
        var table = Table(header: ["USER", "PHASE", "ROTATION", "TARGETS", "NEXT"])
        table.rows = users.map { user in
            [
                user.user, user.phase, "\(user.rotation)", "\(user.targets)",
                StatusText(user: user, terminal: terminal).next,
            ]
        }
        return table.text(terminal)
    }
}
