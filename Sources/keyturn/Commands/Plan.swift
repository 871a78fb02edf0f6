internal import ArgumentParser
internal import Operations

struct Plan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what is next for every user, when, and why. Changes nothing.",
        discussion: """
            IAM is asked for the access keys of users that keyturn has not looked at yet, or whose rotation is due. Where the \
            configuration has `discover`, AWS is asked for those users, and FROM shows which entry found each. Targets are not asked: \
            `keyturn check --online` does that. With --verbose, also what a day of rotations asks of each pusher's rate limit, and \
            when targets are looked at for drift; a limit that a day of rotations does not fit into is always shown.
            """)

    @Flag(help: "Do not ask IAM for keys: use what the state has.")
    var offline = false

    @Flag(help: "Ask IAM for keys: the default.")
    var online = false

    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: UserSelection

    func validate() throws {
        if online, offline { throw ValidationError("--online and --offline cannot go together") }
    }

    func run() async throws {
        try await RotationPlan(OperationContext(options), selection.users, asksIAM: !offline).print(
            options, whenEmpty: { "\($0) has no users yet." })
    }
}

extension RotationPlan {
    /// Prints the plan, and throws the exit status unless it is 0.
    ///
    /// - Parameter whenEmpty: the sentence for a plan without users, given the configuration's path.
    func print(_ options: GlobalOptions, whenEmpty: (String) -> String) throws {
        if options.json {
            try JSONOutput.print(Document(plan: steps, forecast: forecasts))
        } else {
            write(Terminal(options), whenEmpty, isVerbose: options.verbose)
        }
        try FinishedWith.check(status)
    }

    private struct Document: Encodable {
        var plan: [PlannedStep]
        var forecast: [PusherForecast]
    }

    private func write(_ terminal: Terminal, _ whenEmpty: (String) -> String, isVerbose: Bool) {
        if steps.isEmpty { return terminal.write("\(whenEmpty(file))\n") }
        var table = Table(header: ["USER", "NEXT", "WHEN", "TARGETS"] + (discovers ? ["FROM"] : []) + ["WHY"])
        table.rows = steps.map { step in
            let slow = step.fanOut > .zero ? " (at least \(Moment.text(step.fanOut)))" : ""
            return [step.user, step.action, step.isDue ? "now" : step.due ?? "", "\(step.targets)\(slow)"]
                + (discovers ? [step.from] : []) + [step.why]
        }
        terminal.write(table.text(terminal))
        // Once, not repeated for every user.
        let failures = Dictionary(grouping: steps.filter { $0.listingFailure != nil }) { $0.listingFailure ?? "" }
        for (failure, steps) in failures.sorted(by: { $0.key < $1.key }) {
            let names = steps.count > 3 ? "\(steps.count) users" : steps.map(\.user).joined(separator: ", ")
            let text = "\(names): IAM did not say which keys there are: \(failure)"
            terminal.write("\n" + terminal.wrapped(text, indent: 0) + "\n")
        }
        for forecast in forecasts where forecast.isTooMuch || isVerbose {
            let what =
                "\(forecast.pusher): \(forecast.pushesADay) pushes a day, which take at least \(Moment.text(forecast.shortest)) by its rate limits"
            let advice =
                "keys get older than rotate-every. Rotate less often, or give the pusher a second token as another pusher"
            terminal.write(
                "\n" + terminal.wrapped(forecast.isTooMuch ? "\(what): \(advice)." : "\(what).", indent: 0) + "\n")
        }
        guard isVerbose else { return }
        for step in steps {
            if let look = step.nextLook { terminal.write("\(step.user): looks for drift \(look)\n") }
        }
    }
}
