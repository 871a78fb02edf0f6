internal import Operations
internal import Rotation

extension RotationReport {
    /// Prints where the users of a run are, and throws the exit status unless all is done.
    func print(_ options: GlobalOptions) throws {
        let terminal = Terminal(options)
        if !options.json, let timings { StandardStream.error.write(timings.text(terminal)) }
        if options.json {
            try JSONOutput.print(document)
        } else if !options.quiet {
            switch idleness {
            case .noUsers: terminal.write("\(file) has no users yet: fill in `users`.\n")
            case .nothingToDo: terminal.write(results.isEmpty ? "There is nothing to do.\n" : "")
            case .nothingDue: terminal.write("Nothing is due.\n")
            case nil: break
            }
            terminal.write(StatusOverview(users: worked, terminal: terminal, isVerbose: options.verbose).text)
            for result in results { terminal.write(terminal.wrapped(result, indent: 2) + "\n") }
        } else if status != .done {
            // A push that is tried again soon is not an error in the log; a command that ends before it went well has one.
            let log = LogSettings(options)
            for user in worked where user.problemCode == nil || user.problemCode == "not-delivered" {
                let open = user.deliveries.filter { !["confirmed", "skipped"].contains($0.state) }
                guard let first = open.first else { continue }
                let have = open.count == 1 ? "has" : "have"
                let late = "\(Rotation.portion(open.count, of: user.deliveries.count)) \(have) not confirmed"
                let words = user.problem ?? "\(late): \(first.target): \(first.detail ?? first.state)"
                log.write(LogLine(level: .error, message: "\(user.user): \(words)\(again(user))"))
            }
        }
        try FinishedWith.check(status)
    }

    /// When a target that has not confirmed gets its next push, by another command.
    private func again(_ user: StatusDocument.User) -> String {
        guard user.next.action == "push", let moment = user.next.due.flatMap(Moment.parse) else { return "" }
        return "; `keyturn run` or `keyturn step` goes on \(Moment.relative(moment, to: Moment.now))"
    }
}

extension TimingsDocument {
    func text(_ terminal: Terminal) -> String {
        let table = Table(header: ["took, in ms", "count", "at once", "total", "median", "longest"], rows: rows)
        return table.text(terminal)
            + "\(requests) requests on \(connections) connections, at most \(mostRequestsAtOnce) in progress at once; "
            + "\(wallText) ms in all\n"
    }
}
