internal import ArgumentParser
internal import Glibc
internal import Hardening
internal import JSON
internal import Operations
internal import PusherConformanceRunner

/// The program.
@main
struct Keyturn: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "keyturn",
        abstract: "Rotate the AWS access keys of IAM users whose keys sit in CI systems.",
        discussion: """
            A key is deactivated only after every target has confirmed its successor, and this holds through failed \
            pushes, lost replies, restarts and kill -9.

            Begin with `keyturn demo`: a whole rotation on built-in stand-ins, without account or network. Then \
            `keyturn init` writes a configuration to fill in, and `keyturn check --online` tries it.

            Exit status: 0 done, or nothing due; 1 failed, or a person must decide; 64 usage; 69 a service cannot be reached, or \
            the address to listen on is taken; 75 not finished, try again; 77 not allowed (credentials, pins, file modes); 78 configuration \
            or state.
            """,
        version: version,
        groupedSubcommands: named(in: CommandLine.arguments))

    private static var groups: [CommandGroup] {
        [
            CommandGroup(
                name: "Setup",
                subcommands: [
                    Demo.self, Init.self, FindCommand.self, ImportCommand.self, PolicyCommand.self, Deploy.self,
                    FederateCommand.self, Check.self, DoctorCommand.self, SealKeyCommand.self,
                    StateCommand.self,
                    Notify.self,
                    SandboxCommand.self,
                ]),
            CommandGroup(name: "Rotation", subcommands: [Rotate.self, Step.self, Run.self, Lambda.self]),
            CommandGroup(
                name: "Status",
                subcommands: [Status.self, Plan.self, History.self, ReportCommand.self, UsesCommand.self]),
            CommandGroup(
                name: "Incident",
                subcommands: [
                    Retry.self, Skip.self, Forget.self, Rollback.self, Retire.self, Revoke.self, Adopt.self,
                ]),
            CommandGroup(name: "Extension", subcommands: [PluginCommand.self, ConfigCommand.self]),
        ]
    }

    /// The commands: all of them, or only the one that is named. Reading what all of them take costs more than many commands do.
    private static func named(in arguments: [String]) -> [CommandGroup] {
        guard let word = arguments.dropFirst().first else { return groups }
        if HistoryCommands.isMeant(by: arguments.dropFirst()) {
            return [CommandGroup(name: "Status", subcommands: [HistoryCommands.self])]
        }
        return groups.lazy.compactMap { group in
            group.subcommands.first { $0._commandName == word }.map {
                [CommandGroup(name: group.name, subcommands: [$0])]
            }
        }.first ?? groups
    }

    static func main() async {
        if CommandLine.arguments.first?.split(separator: "/").last == Substring(ConformanceRunner.name) {
            ConformanceRunner.run()
        }
        ProcessHardening.apply()
        // Of --verbose alone nothing could be shown.
        if [["--version"], ["-v"], ["-V"]].contains(Array(CommandLine.arguments.dropFirst())) {
            print(version)
            end(ExitStatus.done.rawValue)
        }
        let words = CommandLine.arguments.dropFirst()
        if words.contains("--version"), words.contains("--verbose") || words.contains("-v"),
            !words.contains(where: { !$0.hasPrefix("-") })
        {
            printBuild(asJSON: words.contains("--json") || words.contains("-j"))
        }
        // A reader that has gone (`keyturn status | head`) is no reason to crash.
        signal(SIGPIPE, SIG_IGN)
        // Where whoever started keyturn ignores it, the kernel forgets how programs ended.
        signal(SIGCHLD, SIG_DFL)
        do {
            try refuseUnknownCommand(CommandLine.arguments.dropFirst())
            // What a shell asks to be completed may come from the state.
            let command = try await asyncParseAsRoot()
            do { try await run(command) } catch let error as ValidationError {
                reportUsage(error.message, of: type(of: command))
            }
            end(ExitStatus.done.rawValue)
        } catch let finished as FinishedWith {
            end(finished.status.rawValue)
        } catch let failure as OperationFailure {
            failure.report(asJSON: CommandLine.arguments.contains(where: asksForJSON))
            end(failure.status.rawValue)
        } catch {
            let status = exitCode(for: error).rawValue
            let message = fullMessage(for: error)
            let stream = status == 0 ? StandardStream.output : .error
            let text = ParserText(terminal: Terminal(plain: stream)).wrapped(message)
            if status == 0 { print(text) } else if !text.isEmpty { stream.write(text + "\n") }
            end(status)
        }
    }

    private static func run(_ command: any ParsableCommand) async throws {
        var command = command
        if var asynchronous = command as? any AsyncParsableCommand {
            try await asynchronous.run()
        } else {
            try command.run()
        }
    }

    /// A mistake of the command line that showed only while the command ran, in the form of the others: the parser does not know any
    /// more which command it was.
    private static func reportUsage(_ message: String, of command: any ParsableCommand.Type) -> Never {
        let usage = usageString(for: command)
        let path = usage.split(separator: " ").prefix { !"[<-".contains($0.first ?? "-") }.joined(separator: " ")
        let text = "Error: \(message)\nUsage: \(usage)\n  See '\(path) --help' for more information.\n"
        StandardStream.error.write(ParserText(terminal: Terminal(plain: .error)).wrapped(text))
        end(ExitStatus.usage.rawValue)
    }

    /// `keyturn --version --verbose`
    private static func printBuild(asJSON: Bool) -> Never {
        let build = BuildInformation(version: version)
        if asJSON {
            // Texts and lists of them: nothing of it can fail.
            try? JSONOutput.print(build)
            end(ExitStatus.done.rawValue)
        }
        let libraries = build.libraries.sorted { $0.key < $1.key }.map { "            \($0.key): \($0.value)" }
        let missing = build.missing.isEmpty ? "" : "; missing: \(build.missing.joined(separator: ", "))"
        print(
            """
            keyturn     \(build.version)
            commit      \(build.commit ?? "unknown")
            built with  \(build.compiler ?? "unknown")
            prefix      \(build.prefix)
            plugin ABI  \(build.abi)
            sandbox     \(build.sandbox.joined(separator: ", "))\(missing)
            libraries
            \(libraries.joined(separator: "\n"))
            """)
        end(ExitStatus.done.rawValue)
    }

    /// Not exit(): libcurl's threads may still be at work, and its libraries would be taken down under them.
    private static func end(_ status: Int32) -> Never {
        fflush(nil)
        _exit(status)
    }

    /// `--json`, `-j`, or `-jq`.
    private static func asksForJSON(_ argument: String) -> Bool {
        argument == "--json" || argument.hasPrefix("-") && !argument.hasPrefix("--") && argument.contains("j")
    }

    /// `keyturn stauts` is a misspelled command, not an argument too many.
    private static func refuseUnknownCommand(_ arguments: ArraySlice<String>) throws {
        var command: any ParsableCommand.Type = Self.self
        for word in arguments.drop(while: { $0 == "help" }) {
            let known = command.configuration.subcommands
            // A command that has commands may also take arguments.
            let takesUser = command == History.self || command == HistoryCommands.self
            guard !word.hasPrefix("-"), !known.isEmpty, !takesUser || known.contains(where: { $0._commandName == word })
            else { return }
            if let next = known.first(where: { $0._commandName == word }) {
                command = next
                continue
            }
            let path = command == Self.self ? "keyturn" : "keyturn \(command._commandName)"
            if word == "version" {
                throw OperationFailure(
                    .usage, "there is no command `\(path) version`; `keyturn --version` prints the version")
            }
            let near = Spelling.nearest(to: word, among: known.map { $0._commandName })
            throw OperationFailure(
                .usage,
                "there is no command `\(path) \(word)`; "
                    + (near.map { "did you mean `\(path) \($0)`?" } ?? "`\(path) --help` lists those that there are"))
        }
    }
}
