internal import ArgumentParser
internal import Configuration
internal import Engine
internal import Journal
internal import Rotation

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows where every user, key and target stands.",
        discussion: """
            Read from the state alone; nothing is asked of AWS or the targets. A key's role: current (the targets hold it), \
            next (made, not yet confirmed everywhere), previous (replaced), unknown.
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var selection: UserSelection

    func run() throws {
        let workspace = try Workspace(options)
        let now = SystemClock().now
        let records = try workspace.readJournal().records()
        let users = try workspace.select(selection.users).map { user in
            StatusDocument.User(user, records[user.name]?.rotation ?? Rotation(at: now), at: now)
        }
        if options.json { return try JSONOutput.print(StatusDocument(users: users)) }
        let terminal = Terminal(options)
        if users.isEmpty { terminal.write("\(workspace.configuration.file) has no users yet.\n") }
        for (index, user) in users.enumerated() {
            terminal.write((index > 0 ? "\n" : "") + StatusText(user: user, terminal: terminal).text)
        }
    }
}
