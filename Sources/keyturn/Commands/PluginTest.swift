internal import ArgumentParser
internal import JSON
internal import Operations
internal import PusherConformance

struct PluginTest: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Check a pusher against the rules of the ABI, each check in a process of its own.",
        discussion: """
            Needs no service: a scripted host takes its place. With a conformance.json next to the manifest (a \
            configuration, targets, and how the service answers when all is well) every check can be made; without one, \
            those that need a push that succeeds end as a warning. After two checks that hang in the same function the \
            rest is not made; checks that crash in the same way are counted in one line.

            The pusher is sandboxed as in a rotation, and gets what `keyturn plugin pin` would give: files, a network of \
            its own and programs only where --grant names them. Where this machine's kernel lacks a part of the sandbox, \
            nothing is run unless --accept-missing or `plugins: { accept-missing: … }` in the configuration accepts that.

            Only checks that did not pass are shown; --verbose shows all.

            Exit status: 0 it conforms, warnings allowed; 1 it does not; 64 usage; 78 there is no pusher there.
            """)

    @Argument(help: "The pusher.so, or the directory where it lies with its manifest.json. --list needs none.")
    var library: String?

    @Option(
        name: .customLong("check"),
        help: ArgumentHelp("Only this check; may be given several times.", valueName: "name"))
    var names: [String] = []

    @Option(help: ArgumentHelp("Also grant what the manifest asks for: files, network or programs.", valueName: "what"))
    var grant: [GrantOption] = []

    @Option(
        help: ArgumentHelp(
            "Do without a part of the sandbox that this machine's kernel lacks: landlock, seccomp or no-new-privs.",
            valueName: "part"
        ),
        transform: { text in
            guard PluginTrial.isSandboxPart(text) else {
                throw ValidationError("--accept-missing takes landlock, seccomp or no-new-privs")
            }
            return text
        })
    var acceptMissing: [String] = []

    @Option(help: "Where made-up input begins.")
    var seed: UInt64 = 1

    @Option(help: "Cases of made-up input that each fuzz check tries.")
    var iterations = 50

    @Option(help: ArgumentHelp("Only this made-up case, as a failure names it.", valueName: "seed:iteration"))
    var reproduce: String?

    @Option(
        help: ArgumentHelp(
            "Run this check in the foreground, without sandbox and time limit, for a debugger.", valueName: "check"))
    var debug: String?

    @Option(
        help: ArgumentHelp("Also write the results as JUnit XML to this file, for CI systems.", valueName: "file"),
        completion: .file())
    var junit: String?

    @Option(help: "Seconds that one check may take.")
    var timeLimit = 20

    @Flag(help: "List the checks and the rules that they are for.")
    var list = false

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard list || library != nil else { throw ValidationError("Name a pusher.so, or its directory.") }
        for name in names + [debug].compactMap(\.self) where !ConformanceCheck.all.contains(where: { $0.name == name })
        {
            let help =
                Spelling.nearest(to: name, among: ConformanceCheck.all.map(\.name)).map { "; did you mean \($0)?" }
                ?? ""
            throw ValidationError("there is no check \(name)\(help)")
        }
        if debug != nil && (options.json || list || !names.isEmpty || junit != nil) {
            throw ValidationError("--debug runs one check: leave out --json, --junit, --list and --check")
        }
        guard (1...1_000_000).contains(iterations) else {
            throw ValidationError("--iterations is from 1 to 1000000")
        }
        guard (1...3_600).contains(timeLimit) else {
            throw ValidationError("--time-limit is from 1 to 3600 seconds")
        }
        if reproduce != nil && reproduced == nil {
            throw ValidationError("--reproduce takes SEED:ITERATION, such as 1:17")
        }
    }

    private var reproduced: (seed: UInt64, iteration: Int)? {
        let parts = reproduce?.split(separator: ":") ?? []
        guard parts.count == 2, let seed = UInt64(parts[0]), let iteration = Int(parts[1]), iteration >= 0 else {
            return nil
        }
        return (seed, iteration)
    }

    func run() throws {
        let terminal = Terminal(options)
        guard !list, let library else { return printRules(terminal) }
        var request = PluginTrial.Request(library: library)
        (request.checks, request.grants, request.acceptedGaps) = (names, grant, acceptMissing)
        request.seed = reproduced?.seed ?? seed
        request.iterations = reproduced.map { $0.iteration..<($0.iteration + 1) } ?? 0..<iterations
        request.timeLimit = .seconds(timeLimit)
        let trial = try PluginTrial(OperationContext(options), request)
        if let debug { try trial.debug(debug) }
        let report = try trial.run { result, checks in
            let width = max(result.check.count, checks.map(\.name.count).max() ?? 0)
            if !options.json { print(result, width: width, terminal) }
        }
        if let junit { try ResultFile.write(report.junit, to: junit) }
        if options.json { JSONOutput.print(report.json) } else { print(report, library, terminal) }
        try FinishedWith.check(report.conforms ? .done : .failed)
    }

    private static func checks(_ count: Int) -> String { count == 1 ? "1 check" : "\(count) checks" }

    private func print(_ report: PluginTrial.Report, _ library: String, _ terminal: Terminal) {
        printCrashes(report.results, library, terminal)
        printSum(report.results, terminal)
        if let (cause, left) = report.stopped {
            let were = left == 1 ? "was" : "were"
            terminal.write("stopped: two checks hang in \(cause); \(Self.checks(left)) \(were) not made\n")
        }
        if !report.grantedWords.isEmpty {
            terminal.write("granted: \(report.grantedWords.joined(separator: ", "))\n")
        }
        if let words = report.withheld { terminal.write("not granted: \(words)\n") }
        for part in report.missing {
            terminal.write("not sandboxed by \(part), which this machine's kernel lacks\n")
        }
    }

    /// A line for each way to crash: how many checks found it, and how to look at it.
    private func printCrashes(_ results: [CheckResult], _ library: String, _ terminal: Terminal) {
        for result in results where PluginTrial.crash(like: result, in: results)?.check == result.check {
            let others = results.filter { $0.check != result.check && PluginTrial.crash(like: $0, in: [result]) != nil }
                .map(
                    \.check)
            let names = others.prefix(5).joined(separator: ", ") + (others.count > 5 ? ", …" : "")
            let noun = others.count == 1 ? "check" : "checks"
            let more = others.isEmpty ? "" : "\(others.count) more \(noun) crashed like \(result.check) (\(names)); "
            terminal.write(
                "\n\(more)for a debugger: keyturn plugin test \(library) --debug \(result.check)\n")
        }
    }

    /// Checks that passed are counted at the end: no one has to look for the others among them.
    private func print(_ result: CheckResult, width: Int, _ terminal: Terminal) {
        guard result.verdict != .pass || options.verbose else { return }
        let style: Terminal.Style = result.verdict == .pass ? .green : result.verdict == .warn ? .yellow : .red
        let name = result.check + String(repeating: " ", count: width - result.check.count)
        terminal.write("\(name)  \(terminal.styled(result.verdict.rawValue, style))\n")
        for finding in result.findings { terminal.write("    \(finding)\n") }
    }

    private func printSum(_ results: [CheckResult], _ terminal: Terminal) {
        let counts = Verdict.allCases.compactMap { verdict in
            let count = results.filter { $0.verdict == verdict }.count
            return count > 0 ? "\(count) \(verdict.rawValue)" : nil
        }
        terminal.write("\n\(Self.checks(results.count)): \(counts.joined(separator: ", "))\n")
    }

    private func printRules(_ terminal: Terminal) {
        let checks = PluginTrial.checks(named: names)
        if options.json {
            let rules = checks.map { JSONValue.object(["check": .string($0.name), "rule": .string($0.rule)]) }
            return JSONOutput.print(JSONValue.object(["checks": .array(rules)]))
        }
        var table = Table(header: ["CHECK", "RULE"])
        table.rows = checks.map { [$0.name, $0.rule] }
        terminal.write(table.text(terminal))
    }
}
