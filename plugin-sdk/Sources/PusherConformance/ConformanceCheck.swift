/// One rule, and how it is tried. Each check runs in a process of its own.
public struct ConformanceCheck: Sendable {
    /// What people call it: `answers-401`.
    public let name: String
    /// The rule, as a sentence.
    public let rule: String
    /// Whether it makes up its cases from a seed, each in a process of its own.
    public let isSeeded: Bool
    let body: @Sendable (Bench) throws(Stop) -> Void

    init(
        _ name: String, _ rule: String, isSeeded: Bool = false, _ body: @escaping @Sendable (Bench) throws(Stop) -> Void
    ) {
        self.name = name
        self.rule = rule
        self.isSeeded = isSeeded
        self.body = body
    }

    /// The check of what the library asks the kernel for, which whoever shuts the process in completes.
    public static let enclosure = "enclosure"

    /// Every check, in the order in which they are run.
    public static let all: [ConformanceCheck] =
        LibraryChecks.all + EntryChecks.all + ManifestChecks.all + OpenChecks.all + PushChecks.all + EvidenceChecks.all
        + AnswerChecks.all
        + TimeChecks.all + FindChecks.all + BelowChecks.all + LateChecks.all + SecretChecks.all + TextChecks.all
        + RequestChecks.all
        + MemoryChecks.all + ProcessChecks.all + FuzzChecks.all

    /// Runs the check, in this process: a library can be loaded only once.
    ///
    /// - Parameters:
    ///   - subject: the pusher.
    ///   - progress: receives what is done next and which of the plugin's functions run, on other threads.
    public func run(_ subject: Subject, progress: @escaping @Sendable (ProgressLine) -> Void) -> CheckResult {
        CallsInProgress.report(to: progress)
        // Not on the main thread, as in a runner: there a runtime that asks for the bounds of its stack would read
        // /proc/self/maps, which a runner refuses.
        return onThreads(1) { _ in judge(subject) { progress(ProgressLine(doing: $0)) } }.first
            ?? CheckResult(check: name, verdict: .fail, findings: ["there is no memory for a thread"])
    }

    private func judge(_ subject: Subject, progress: @escaping (String) -> Void) -> CheckResult {
        let bench = Bench(subject, progress: progress)
        var findings: [(verdict: Verdict, text: String)] = []
        do throws(Stop) { try body(bench) } catch { findings.append((error.verdict, error.finding)) }
        findings = bench.findings + findings
        let verdict: Verdict =
            findings.contains { $0.verdict == .fail } ? .fail : findings.isEmpty ? .pass : .warn
        return CheckResult(check: name, verdict: verdict, findings: findings.map(\.text))
    }
}
