/// One user's status for people.
struct StatusText {
    let user: StatusDocument.User
    let terminal: Terminal

    var text: String {
        var lines = [
            "\(terminal.styled(user.user, .bold))  \(user.phase)"
                + (user.rotation > 0 ? ", rotation \(user.rotation)" : ", no rotation yet")
        ]
        if let problem = user.problem { lines.append("  " + terminal.styled("problem: \(problem)", .red)) }
        if user.keys.isEmpty { lines.append("  keys: not looked at yet; `keyturn step` does") }
        lines += user.keys.map { "  \(pad($0.role, 9)) \($0.id)  \(pad($0.status, 8))  created \($0.created)" }
        lines += user.deliveries.map(line)
        let isHeld = user.next.action == "hold"
        lines.append(
            isHeld ? "  next: nothing, until `keyturn retry`" : "  next: \(user.next.action), \(user.next.due)")
        return lines.joined(separator: "\n") + "\n"
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
        return "  \(terminal.styled(pad(delivery.state, 9), style)) \(delivery.target)\(evidence)\(tries)"
            + (delivery.detail.map { "  \($0)" } ?? "") + (delivery.mayBeTorn ? "\n" + torn(delivery) : "")
            + (delivery.holds.map { "\n            holds \($0.text)" } ?? "")
            + (delivery.holds?.drift.map { "\n            \(terminal.styled("drift: \($0)", .yellow))" } ?? "")
    }

    private func torn(_ delivery: StatusDocument.DeliveryLine) -> String {
        let help =
            delivery.state == "skipped" ? "nobody mends it before the next rotation" : "it is pushed before the others"
        return "            "
            + terminal.styled(
                "may be torn: one variable of the old key, one of the new; jobs fail there; \(help)", .red)
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
