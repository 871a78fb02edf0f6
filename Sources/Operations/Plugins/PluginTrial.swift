internal import Configuration
internal import Enclosure
internal import FoundationEssentials
internal import Glibc
package import JSON
package import PusherConformance
internal import PusherHost

/// Checks a pusher against the rules of the ABI, each check in a process of its own.
package struct PluginTrial {
    /// What is to be tried.
    package struct Request: Sendable {
        /// The `pusher.so`, or the directory with it.
        package var library: String
        /// Names of checks; none: all.
        package var checks: [String] = []
        package var grants: [GrantOption] = []
        /// Parts of the sandbox that may be missing.
        package var acceptedGaps: [String] = []
        /// Where made-up input begins, and which cases of it are tried.
        package var seed: UInt64 = 1
        package var iterations = 0..<50
        package var timeLimit: Duration = .seconds(20)

        package init(library: String) { self.library = library }
    }

    /// What was found.
    package struct Report {
        package var library: String
        /// The plugin, as its directory is called.
        package var id: String
        package var results: [CheckResult] = []
        /// How long each check took, by its name.
        package var times: [String: Duration] = [:]
        /// Checks that were not made, since two others hang in one place.
        package var left: [String] = []
        /// The function in which two checks hang, and how many checks were not made for that; nil: all were made.
        package var stopped: (cause: String, left: Int)?
        var granted = Grants()
        var withheldGrants = Grants()
        var missingParts: [Enclosure.Part] = []

        package var conforms: Bool { !results.contains { $0.verdict.isFailure } }
        package var grantedWords: [String] { granted.words }
        /// One line about what the manifest asks for and does not get; nil: it gets all.
        package var withheld: String? { withheldGrants.withheld }
        /// Parts of the sandbox that this machine's kernel lacks.
        package var missing: [String] { missingParts.map(\.rawValue) }
    }

    private let context: OperationContext
    private let request: Request
    private let program: String
    private let library: String
    private let asks: Grants
    private let granted: Grants
    private let missing: [Enclosure.Part]

    package init(_ context: OperationContext, _ request: Request) throws {
        (self.context, self.request) = (context, request)
        (library, asks) = try Self.locate(request.library)
        granted = asks.limited(to: request.grants)
        missing = try Self.acceptedGaps(granted, request, context)
        program = try context.installation.need(context.installation.conformance)
    }

    private static func id(of library: String) -> String {
        URL(fileURLWithPath: library).deletingLastPathComponent().lastPathComponent
    }

    /// The checks of these names; none: all.
    package static func checks(named names: [String]) -> [ConformanceCheck] {
        ConformanceCheck.all.filter { names.isEmpty || names.contains($0.name) }
    }

    /// Whether a text names a part of the sandbox.
    package static func isSandboxPart(_ text: String) -> Bool { Enclosure.Part(rawValue: text) != nil }

    /// Runs one check in the foreground, in place of this program.
    package func debug(_ check: String) throws -> Never {
        try ConformanceDebug(
            program: program, library: library, check: check, seed: request.seed,
            iteration: request.iterations.lowerBound
        ).run()
    }

    /// Runs the checks.
    ///
    /// - Parameter show: is given each result as it comes, but those of checks that crashed as one before did, and the checks that are
    ///   made.
    package func run(show: (CheckResult, [ConformanceCheck]) -> Void) throws -> Report {
        var report = Report(
            library: library, id: Self.id(of: library), granted: granted, withheldGrants: asks.subtracting(granted))
        report.missingParts = missing
        if let result = try unloadable(library) {
            report.results = [result]
            show(result, [])
            return report
        }
        let scratch = try Self.scratch()
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let trial = ConformanceTrial(
            program: program, library: library, timeLimit: request.timeLimit, seed: request.seed,
            iterations: request.iterations, grants: Set(request.grants), accepted: Set(missing), scratch: scratch)
        let checks = Self.checks(named: request.checks)
        for check in checks {
            let start = ContinuousClock.now
            var result = try trial.run(check)
            report.times[check.name] = ContinuousClock.now - start
            if check.name == "manifest-fields" { try addRefusal(to: &result, library) }
            let isKnown = Self.crash(like: result, in: report.results) != nil
            report.results.append(result)
            if !isKnown { show(result, checks) }
            if let cause = Self.sameHang(report.results) {
                report.left = checks.dropFirst(report.results.count).map(\.name)
                report.stopped = report.left.isEmpty ? nil : (cause, report.left.count)
                break
            }
        }
        return report
    }

    /// A new directory, which nobody else can read. A fixed name could be taken by another user of the machine.
    private static func scratch() throws -> String {
        let directory = FileManager.default.temporaryDirectory.path
        var template = Array("\(directory)/keyturn-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw OperationFailure(
                .failed, "no directory can be made in \(directory): \(String(cString: strerror(errno)))")
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// What the check `loads` would find of a library that no process of this machine can load: all others would fail for the same
    /// reason.
    private func unloadable(_ path: String) throws -> CheckResult? {
        let sealed = try explained { () throws(PluginError) in try SealedLibrary(path: path) }
        guard let obstacle = sealed.obstacle(in: context.installation) else { return nil }
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
    package static func crash(like result: CheckResult, in results: [CheckResult]) -> CheckResult? {
        guard result.verdict == .crashed, let cause = result.cause else { return nil }
        return results.first { $0.verdict == .crashed && $0.cause == cause }
    }

    /// The parts of the enclosure that this machine lacks, where each is accepted.
    private static func acceptedGaps(
        _ grants: Grants, _ request: Request, _ context: OperationContext
    ) throws -> [Enclosure.Part] {
        let missing = Enclosure.missing(
            for: ProcessGrants(
                readable: grants.readable, writable: grants.writable, network: grants.network,
                programs: grants.programs))
        guard !missing.isEmpty else { return [] }
        let configured = try PluginCatalog.configuration(context)?.acceptedGaps ?? []
        for part in missing where !request.acceptedGaps.contains(part.rawValue) && !configured.contains(part.rawValue) {
            let failure = Enclosure.Failure(lacking: part)
            throw OperationFailure(
                .configuration, "\(failure.description), and so does --accept-missing \(part.rawValue) here")
        }
        return missing
    }

    /// The library, also where its directory was named, and what its manifest asks for.
    private static func locate(_ library: String) throws -> (path: String, asks: Grants) {
        var isDirectory = false
        guard FileManager.default.fileExists(atPath: library, isDirectory: &isDirectory) else {
            throw OperationFailure(.configuration, "\(library) does not exist: name a pusher.so, or its directory")
        }
        let path = isDirectory ? "\(library)/pusher.so" : library
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw OperationFailure(.configuration, "\(path) is missing or cannot be read\(Self.hint(below: library))")
        }
        let absolute = URL(fileURLWithPath: path).path
        do throws(SubjectError) { return (absolute, Grants(try Subject.asks(library: absolute))) } catch {
            throw OperationFailure(.configuration, error.description)
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
}

extension PluginTrial.Report {
    /// `plugin test --json`.
    package var json: JSONValue {
        let checks = results.map { result in
            JSONValue.object([
                "check": .string(result.check), "result": .string(result.verdict.rawValue),
                "findings": .array(result.findings.map { .string($0) }),
            ])
        }
        return .object([
            "library": .string(library), "conforms": .bool(conforms),
            "checks": .array(checks), "stopped": stopped.map { .string($0.cause) } ?? .null,
            "granted": .array(granted.words.map(JSONValue.string)),
            "not-granted": .array(withheldGrants.words.map(JSONValue.string)),
            "missing": .array(missing.map { .string($0) }),
        ])
    }
}
