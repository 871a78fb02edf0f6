internal import ArgumentParser
internal import Operations

struct ConfigShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show every value that holds, and where it comes from.",
        discussion: """
            FROM is the file and the line, without the directory of keyturn.yaml; `(defaults)` is the file's section `defaults`, `default` is keyturn's own, or the \
            plugin's. Below each target are its fields, and the names of its variables where they are not the usual ones; its token is that of its pusher. Of a secret, the place where it is kept is shown, never its value. Makes no requests.
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: UserSelection

    func run() async throws {
        let shown = try await EffectiveConfiguration(OperationContext(options), selection.users)
        if options.json { return try JSONOutput.print(shown) }
        let terminal = Terminal(options)
        terminal.write("\(shown.file)\n\n")
        var settings = Table(header: ["SETTING", "VALUE", "FROM"])
        settings.rows = shown.settings.map { [$0.name, $0.value, shown.short($0.from)] }
        terminal.write(settings.text(terminal))
        var pushers = Table(header: ["PUSHER", "PLUGIN", "FROM", "ENDPOINT AND SECRETS"])
        pushers.rows = shown.pushers.map { pusher in
            [
                pusher.name, pusher.plugin, shown.short(pusher.from),
                ([pusher.endpoint].compactMap(\.self) + pusher.secrets).joined(separator: ", "),
            ]
        }
        if !pushers.rows.isEmpty { terminal.write("\n" + pushers.text(terminal)) }
        for user in shown.users { write(user, of: shown, terminal) }
    }

    private func write(
        _ user: EffectiveConfiguration.User, of shown: EffectiveConfiguration, _ terminal: Terminal
    ) {
        let name = user.userName == user.name ? user.name : "\(user.name) (IAM user \(user.userName))"
        var settings = Table(header: ["USER \(name)", "VALUE", "FROM"])
        settings.rows = user.settings.map { [$0.name, $0.value, shown.short($0.from)] }
        settings.rows += user.targets.flatMap { target in
            [["target", target.name, shown.short(target.from)]]
                // The usual names of the two variables are at nearly every target; --json has them.
                + target.fields.filter { $0.from != "default" }
                .map { ["  \($0.name)", $0.value, shown.short($0.from)] }
        }
        terminal.write("\n" + settings.text(terminal))
    }
}

extension EffectiveConfiguration {
    /// A place without the directory that the first line has: it would be on every line.
    fileprivate func short(_ from: String) -> String {
        let directory = file.prefix(through: file.lastIndex(of: "/") ?? file.startIndex)
        return directory.hasSuffix("/") && from.hasPrefix(directory) ? String(from.dropFirst(directory.count)) : from
    }
}
