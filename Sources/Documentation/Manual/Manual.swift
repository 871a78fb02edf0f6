internal import Foundation

/// `keyturn --experimental-dump-help | keyturn-manual DIRECTORY`: a manual page for each command, made from what its help
/// says. `keyturn config schema | keyturn-manual --configuration DIRECTORY`: keyturn.yaml(5), and the same as Configuration.md. Used by
/// `make install`, and not installed.
@main
enum Manual {
    static func main() throws {
        if CommandLine.arguments.count == 3, CommandLine.arguments[1] == "--configuration" {
            let directory = URL(fileURLWithPath: CommandLine.arguments[2])
            let schema = try JSONDecoder().decode(SchemaNode.self, from: FileHandle.standardInput.readDataToEndOfFile())
            let reference = Reference(schema)
            try Data(reference.manual.utf8).write(to: directory.appending(path: "keyturn.yaml.5"))
            return try Data(reference.markdown.utf8).write(to: directory.appending(path: "Configuration.md"))
        }
        guard CommandLine.arguments.count == 2 else {
            FileHandle.standardError.write(
                Data("usage: keyturn --experimental-dump-help | keyturn-manual DIRECTORY\n".utf8))
            exit(64)
        }
        let directory = URL(fileURLWithPath: CommandLine.arguments[1])
        let help = try JSONDecoder().decode(Help.self, from: FileHandle.standardInput.readDataToEndOfFile())
        try write(help.command, below: [], to: directory)
    }

    private static func write(_ command: Help.Command, below parents: [String], to directory: URL) throws {
        // The parser adds `help` everywhere; --help says the same.
        let shown = command.withoutHelp
        let page = Page(command: shown, parents: parents)
        try Data(page.text.utf8).write(to: directory.appending(path: "\(page.name).1"))
        for subcommand in shown.subcommands ?? [] {
            try write(subcommand, below: parents + [command.commandName], to: directory)
        }
    }
}

/// What swift-argument-parser's `--experimental-dump-help` prints, as far as pages show it.
struct Help: Decodable {
    struct Command: Decodable {
        var commandName: String
        var abstract: String?
        var discussion: String?
        var subcommands: [Command]?
        var arguments: [Argument]?

        var withoutHelp: Command {
            var command = self
            command.subcommands = subcommands?.filter { $0.commandName != "help" }
            return command
        }
    }

    struct Argument: Decodable {
        struct Name: Decodable {
            var kind: String
            var name: String

            var text: String { (kind == "long" ? "--" : "-") + name }
        }

        var kind: String
        var shouldDisplay: Bool
        var isOptional: Bool
        var isRepeating: Bool
        var names: [Name]?
        var valueName: String?
        var defaultValue: String?
        var abstract: String?
    }

    var command: Command
}
