internal import ArgumentParser
internal import JSON
internal import Operations

struct PluginList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the plugins, where they were looked for, and whether they may be loaded.",
        discussion: "`keyturn plugin info ID` shows more of one: its library, what it asks for, and its fields.")

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let catalog = try PluginCatalog(OperationContext(options))
        let found = try catalog.list()
        if options.json {
            return JSONOutput.print(JSONValue.object(["plugins": .array(found.map(Self.json))]))
        }
        let terminal = Terminal(options)
        let directories = catalog.directories.joined(separator: ", ")
        if found.isEmpty { return terminal.write("No plugins in \(directories).\n") }
        var table = Table(header: ["PLUGIN", "VERSION", "PINNED", "SUMMARY"])
        table.rows = found.map { entry in
            entry.version.map { [entry.id, $0, entry.pinned.word, entry.summary] }
                ?? [entry.id, "-", "-", "cannot be used: \(entry.problem ?? "")"]
        }
        terminal.write(table.text(terminal))
        terminal.write("Looked for in \(directories).\n")
        for case .changed(let reason) in found.map(\.pinned) { terminal.write("\n\(reason)\n") }
    }

    private static func json(_ entry: PluginCatalog.Entry) -> JSONValue {
        let problem = entry.problem.map { JSONValue.string($0) } ?? .null
        guard let version = entry.version, let library = entry.library else {
            return .object(["id": .string(entry.id), "pinned": .bool(false), "problem": problem])
        }
        return .object([
            "id": .string(entry.id), "version": .string(version), "summary": .string(entry.summary),
            "library": .string(library), "pinned": .bool(entry.pinned.word == "yes"), "problem": problem,
        ])
    }
}

extension PluginCatalog.Pinned {
    fileprivate var word: String {
        switch self {
        case .yes: "yes"
        case .no: "no"
        case .changed: "CHANGED"
        }
    }
}
