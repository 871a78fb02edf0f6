internal import ArgumentParser
internal import JSON
internal import Operations

struct StateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "state",
        abstract:
            "Copy the state to another place, take a copied state back into use, and say that a backup was put back.",
        subcommands: [StateCopyCommand.self, StateReopen.self, StateRestored.self])
}

struct StateCopyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Copy the state to another file, database or table.",
        discussion: """
            Stop all workers of the state first: the command is refused while one of them is working on a user, and names it. \
            The target must be empty. Records, key pairs (still sealed) and the whole history are copied, and the history is \
            verified before and afterwards.

            When it has ended, name the new place in `state` on every machine. The former state stays as it is and is marked: \
            keyturn refuses to work with it and says where it was copied to, until `keyturn state reopen`. If the command is \
            interrupted, run it again: it goes on. Neither state can be worked with until it has ended.
            """)

    @Option(
        help: ArgumentHelp(
            "The new place, as `state` would name it: sqlite:PATH, postgresql://HOST/DATABASE or dynamodb://TABLE.",
            valueName: "state"))
    var to: String

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let report: StateTransfer.Report
        do { report = try await StateTransfer(OperationContext(options)).copy(to: to) } catch let error
            as InvalidOption
        {
            throw ValidationError(error.message)
        }
        if options.json { return try JSONOutput.print(report) }
        guard !options.quiet else { return }
        let head = report.head.map { "\nhead: \($0)" } ?? ""
        Terminal(options).write(
            """
            copied \(report.users) \(report.users == 1 ? "user" : "users") and \(report.lines) lines of history from \(report.from) to \(report.to)\(head)

            Next: write `state: \(to)` into keyturn.yaml on every machine, then `keyturn check`.

            """)
    }
}

struct StateReopen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reopen",
        abstract: "Take a state back into use that was copied elsewhere.",
        discussion: """
            Only if the copy is not in use: two states that rotate the same users stop at each other's \
            keys. Also ends an interrupted `keyturn state copy` that is not to go on.
            """)

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let place = try await StateTransfer(OperationContext(options)).reopen()
        if options.json {
            return JSONOutput.print(JSONValue.object(["copied-to": place.map { .string($0) } ?? .null]))
        }
        guard !options.quiet else { return }
        Terminal(options).write(
            place.map { "the state is in use again; it had been copied to \($0), which must not be used\n" }
                ?? "the state is in use; it was not marked as copied\n")
    }
}

struct StateRestored: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restored",
        abstract: "Say that an older backup of the state was put back.",
        discussion: """
            Run it after the backup is in place and before any worker starts. keyturn then does not take a key that it seems to \
            be in the middle of making for one that was never delivered: it stops at the user and shows the key, and `keyturn \
            adopt` says which one is in use. Nothing is asked or changed in AWS and at the targets. The next line in each user's \
            history says that the state may be behind.
            """)

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await StateTransfer(OperationContext(options)).noteRestoration()
        if options.json { return JSONOutput.print(JSONValue.object(["restored": .bool(true)])) }
        guard !options.quiet else { return }
        Terminal(options).write("noted. Next: `keyturn check --online` shows which key each target holds\n")
    }
}
