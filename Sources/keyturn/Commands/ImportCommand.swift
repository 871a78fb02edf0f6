internal import ArgumentParser
internal import Operations

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make targets of what `keyturn find` found, or of another rotator's configuration.",
        discussion: """
            Reads the CSV or the JSON of `keyturn find`, edited or not, the configuration of cloud-key-rotator, or that of CZI's \
            rotator. Makes a file for each IAM user, with a comment at each target that says why it is there, and \
            shows the difference. With --write the files are written; the configuration takes them in with \
            `include: [users.d/*.yaml]`. A file that was written or changed by hand is never touched: what to add to it is \
            printed.

            To take in a place whose user keyturn does not know, fill in the column `user` of the CSV.

            Exit status: 0 done, or nothing to do; 1 the file cannot be read; 78 the configuration cannot be used with what \
            would be written: every file is as it was.
            """)

    @Argument(help: "What to read.", completion: .file())
    var file: String

    @Flag(help: "Write the files. Default: only show the difference.")
    var write = false

    @Option(help: ArgumentHelp("Where the files go, relative to the configuration.", valueName: "directory"))
    var directory = "users.d"

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let importing = try Import(OperationContext(options), directory: directory)
        let plan = try importing.plan(file)
        if write { try importing.write(plan) }
        if options.json { return try JSONOutput.print(["import": plan]) }
        Terminal(options).write(text(plan))
    }

    private func text(_ plan: Import.Plan) -> String {
        let terminal = Terminal(options)
        var lines = plan.files.map { file in
            terminal.styled("--- \(file.path)\(file.old == nil ? " (new)" : "")", .bold) + "\n"
                + LineDifference(old: file.old ?? "", new: file.new).text(terminal)
        }
        lines += plan.leftOut.map { "left out: \($0)\n" }
        lines += plan.todo.map { terminal.styled("to do: ", .yellow) + $0 + "\n" }
        let files = plan.files.count
        if files == 0 {
            lines.append("Nothing to write.\n")
        } else {
            let verb = write ? "Wrote" : "Would write"
            lines.append("\(verb) \(counted(plan.added, "target")) in \(counted(files, "file")).\n")
            if !write { lines.append("`keyturn import \(file) --write` writes them.\n") }
        }
        return lines.joined()
    }
}

/// What differs between two texts, by lines.
struct LineDifference {
    /// Lines of which a difference is made: its cost grows with their product.
    private static let mostLines = 20_000

    let old: String
    let new: String

    func text(_ terminal: Terminal) -> String {
        let (before, after) = (Self.lines(old), Self.lines(new))
        guard before.count + after.count <= Self.mostLines else {
            return "\(before.count) lines before, \(after.count) after\n"
        }
        let changes = after.difference(from: before)
        let removed = changes.removals.compactMap { change in
            if case .remove(let offset, let line, _) = change { (offset, line) } else { nil }
        }
        let added = changes.insertions.compactMap { change in
            if case .insert(let offset, let line, _) = change { (offset, line) } else { nil }
        }
        return removed.map { terminal.styled("- \($0.1)", .red) + "\n" }.joined()
            + added.map { terminal.styled("+ \($0.1)", .green) + "\n" }.joined()
    }

    private static func lines(_ text: String) -> [Substring] {
        text.split(separator: "\n", omittingEmptySubsequences: false).dropLast(text.hasSuffix("\n") ? 1 : 0)
    }
}
