internal import ArgumentParser
internal import Configuration
internal import Enclosure
internal import FoundationEssentials
internal import JSON
internal import JSONSchema
internal import PusherConformance
internal import PusherHost

struct PluginTest: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Checks a pusher against the rules of the ABI, each check in a process of its own.",
        discussion: """
            Needs no service: a scripted host stands in for it. With a conformance.json beside the manifest (a \
            configuration, targets, and how the service answers when all is well) every check can be made; without one, \
            those that need a push that succeeds end as a warning. After two checks that hang in the same function the \
            rest is not made; checks that crash in the same way are counted in one line.

            The pusher is sandboxed as in a rotation, and gets what `keyturn plugin pin` would give: files, a network of \
            its own and programs only where --grant names them. Where this machine's kernel lacks a part of the sandbox, \
            nothing is run unless --accept-missing or `plugins: { accept-missing: … }` in the configuration accepts that.

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
            "Do without a part of the sandbox that this machine's kernel lacks: landlock or seccomp.", valueName: "part"
        ),
        transform: { text in
            guard let part = Enclosure.Part(rawValue: text) else {
                throw ValidationError("--accept-missing takes landlock or seccomp")
            }
            return part
        })
    var acceptMissing: [Enclosure.Part] = []

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
        if debug != nil && (options.json || list || !names.isEmpty) {
            throw ValidationError("--debug runs one check; it does not go with --json, --list or --check")
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
        var checks = ConformanceCheck.all.filter { names.isEmpty || names.contains($0.name) }
        let terminal = Terminal(options)
        guard !list, let library else { return tellRules(checks, terminal) }
        let (path, asks) = try locate(library)
        let granted = asks.limited(to: grant)
        let missing = try acceptedGaps(granted)
        let program = try Installation.current.need(Installation.current.conformance)
        if let debug {
            try ConformanceDebug(
                program: program, library: path, check: debug, seed: reproduced?.seed ?? seed,
                iteration: reproduced?.iteration ?? 0
            ).run()
        }
        let trial = ConformanceTrial(
            program: program, library: path, timeLimit: .seconds(timeLimit), seed: reproduced?.seed ?? seed,
            iterations: reproduced.map { $0.iteration..<($0.iteration + 1) } ?? 0..<iterations,
            grants: Set(grant), accepted: Set(missing))
        var results: [CheckResult] = []
        if let result = try unloadable(path) {
            results.append(result)
            checks = []
            if !options.json { tell(result, width: result.check.count, terminal) }
        }
        var stopped: String?
        for check in checks {
            var result = try trial.run(check)
            if check.name == "manifest-fields" { try addRefusal(to: &result, path) }
            let isKnown = crash(like: result, in: results) != nil
            results.append(result)
            if !options.json && !isKnown { tell(result, width: checks.map(\.name.count).max() ?? 0, terminal) }
            stopped = Self.sameHang(results)
            if stopped != nil { break }
        }
        let left = checks.count - results.count
        if left <= 0 { stopped = nil }
        let withheld = asks.subtracting(granted)
        if options.json {
            JSONOutput.print(document(path, results, stopped, granted, withheld, missing))
        } else {
            tellCrashes(results, library, terminal)
            tellSum(results, terminal)
            if let stopped {
                terminal.write("stopped: two checks hang in \(stopped); \(left) checks were not made\n")
            }
            if !granted.words.isEmpty { terminal.write("granted: \(granted.words.joined(separator: ", "))\n") }
            if let words = withheld.withheld { terminal.write("not granted: \(words)\n") }
            for part in missing {
                terminal.write("not sandboxed by \(part.rawValue), which this machine's kernel lacks\n")
            }
        }
        if results.contains(where: \.verdict.isFailure) { throw FinishedWith(status: .failed) }
    }

    /// What the check `loads` would find of a library that no process of this machine can load: all others would fail for the same
    /// reason.
    private func unloadable(_ path: String) throws -> CheckResult? {
        let sealed = try PluginCommand.explain { () throws(PluginError) in try SealedLibrary(path: path) }
        guard let obstacle = sealed.obstacle(in: Installation.current.runner) else { return nil }
        return CheckResult(
            check: "loads", verdict: .fail, findings: ["it cannot be loaded on this machine: \(obstacle)"])
    }

    /// Adds why keyturn itself would not read the manifest, where it would not.
    private func addRefusal(to result: inout CheckResult, _ library: String) throws {
        let directory = URL(fileURLWithPath: library).deletingLastPathComponent().path
        let text = FileManager.default.contents(atPath: "\(directory)/manifest.json") ?? Data()
        do throws(PluginError) {
            _ = try Manifest(text: String(decoding: text, as: UTF8.self), at: "manifest.json")
        } catch {
            guard !result.verdict.isFailure || !result.findings.contains(where: error.description.hasSuffix) else {
                return
            }
            result = CheckResult(check: result.check, verdict: .fail, findings: result.findings + [error.description])
        }
    }

    /// The function in which two checks hang; nil: there is none. The checks to come would wait for it as long.
    private static func sameHang(_ results: [CheckResult]) -> String? {
        guard let last = results.last, last.verdict == .timedOut, let cause = last.cause else { return nil }
        return results.dropLast().contains { $0.verdict == .timedOut && $0.cause == cause } ? cause : nil
    }

    /// The first check that crashed in the same way; nil: none, or this one did not crash.
    private func crash(like result: CheckResult, in results: [CheckResult]) -> CheckResult? {
        guard result.verdict == .crashed, let cause = result.cause else { return nil }
        return results.first { $0.verdict == .crashed && $0.cause == cause }
    }

    /// A line for each way to crash: how many checks found it, and how to look at it.
    private func tellCrashes(_ results: [CheckResult], _ library: String, _ terminal: Terminal) {
        for result in results where crash(like: result, in: results)?.check == result.check {
            let others = results.filter { $0.check != result.check && crash(like: $0, in: [result]) != nil }.map(
                \.check)
            let names = others.prefix(5).joined(separator: ", ") + (others.count > 5 ? ", …" : "")
            let more = others.isEmpty ? "" : "\(others.count) more checks crashed like \(result.check) (\(names)); "
            terminal.write(
                "\n\(more)for a debugger: keyturn plugin test \(library) --debug \(result.check)\n")
        }
    }

    /// The parts of the enclosure that this machine lacks, where each is accepted.
    private func acceptedGaps(_ grants: Grants) throws -> [Enclosure.Part] {
        let missing = Enclosure.missing(
            for: ProcessGrants(
                readable: grants.readable, writable: grants.writable, network: grants.network,
                programs: grants.programs))
        guard !missing.isEmpty else { return [] }
        let configured = try PluginCommand.configuration(options)?.acceptedGaps ?? []
        for part in missing where !acceptMissing.contains(part) && !configured.contains(part.rawValue) {
            let failure = Enclosure.Failure(lacking: part)
            throw CommandFailure(
                .configuration, "\(failure.description), and so does --accept-missing \(part.rawValue) here")
        }
        return missing
    }

    /// The library, also where its directory was named, and what its manifest asks for.
    private func locate(_ library: String) throws -> (path: String, asks: Grants) {
        var isDirectory = false
        guard FileManager.default.fileExists(atPath: library, isDirectory: &isDirectory) else {
            throw CommandFailure(.configuration, "\(library) does not exist: name a pusher.so, or its directory")
        }
        let path = isDirectory ? "\(library)/pusher.so" : library
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw CommandFailure(.configuration, "\(path) is missing or cannot be read\(Self.hint(below: library))")
        }
        let absolute = URL(fileURLWithPath: path).path
        do throws(SubjectError) { return (absolute, Grants(try Subject.asks(library: absolute))) } catch {
            throw CommandFailure(.configuration, error.description)
        }
    }

    /// The pushers' directories in the named one: `build` for `build/acme-ci` is the usual mistake.
    private static func hint(below directory: String) -> String {
        let files = FileManager.default
        let base = directory.hasSuffix("/") ? String(directory.dropLast()) : directory
        let found = ((try? files.contentsOfDirectory(atPath: base)) ?? []).sorted().map { "\(base)/\($0)" }
            .filter { files.fileExists(atPath: "\($0)/pusher.so") }
        return found.isEmpty ? "" : "; did you mean \(found.prefix(3).joined(separator: " or "))?"
    }

    private func tell(_ result: CheckResult, width: Int, _ terminal: Terminal) {
        let style: Terminal.Style = result.verdict == .pass ? .green : result.verdict == .warn ? .yellow : .red
        let name = result.check + String(repeating: " ", count: width - result.check.count)
        terminal.write("\(name)  \(terminal.styled(result.verdict.rawValue, style))\n")
        for finding in result.findings { terminal.write("    \(finding)\n") }
    }

    private func tellSum(_ results: [CheckResult], _ terminal: Terminal) {
        let counts = Verdict.allCases.compactMap { verdict in
            let count = results.filter { $0.verdict == verdict }.count
            return count > 0 ? "\(count) \(verdict.rawValue)" : nil
        }
        terminal.write("\n\(results.count) checks: \(counts.joined(separator: ", "))\n")
    }

    private func tellRules(_ checks: [ConformanceCheck], _ terminal: Terminal) {
        if options.json {
            let rules = checks.map { JSONValue.object(["check": .string($0.name), "rule": .string($0.rule)]) }
            return JSONOutput.print(JSONValue.object(["checks": .array(rules)]))
        }
        var table = Table(header: ["CHECK", "RULE"])
        table.rows = checks.map { [$0.name, $0.rule] }
        terminal.write(table.text(terminal))
    }

    private func document(
        _ path: String, _ results: [CheckResult], _ stopped: String?, _ granted: Grants, _ withheld: Grants,
        _ missing: [Enclosure.Part]
    ) -> JSONValue {
        let checks = results.map { result in
            JSONValue.object([
                "check": .string(result.check), "result": .string(result.verdict.rawValue),
                "findings": .array(result.findings.map { .string($0) }),
            ])
        }
        return .object([
            "library": .string(path), "conforms": .bool(!results.contains { $0.verdict.isFailure }),
            "checks": .array(checks), "stopped": stopped.map { .string($0) } ?? .null,
            "granted": .array(granted.words.map(JSONValue.string)),
            "not-granted": .array(withheld.words.map(JSONValue.string)),
            "missing": .array(missing.map { .string($0.rawValue) }),
        ])
    }
}
