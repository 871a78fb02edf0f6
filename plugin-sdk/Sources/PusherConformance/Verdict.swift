internal import FoundationEssentials

/// How a check ended.
public enum Verdict: String, Codable, Sendable, CaseIterable {
    /// Nothing to say.
    case pass
    /// Allowed, and worth a look.
    case warn
    /// Against the rules of the ABI.
    case fail
    /// The process of the check ended by a signal, or by itself.
    case crashed
    /// The check did not end within its time.
    case timedOut = "timed-out"

    /// Whether the pusher does not conform.
    public var isFailure: Bool { self == .fail || self == .crashed || self == .timedOut }
}

/// What one check found.
public struct CheckResult: Codable, Sendable {
    /// The check's name.
    public var check: String
    /// How it ended.
    public var verdict: Verdict
    /// What was seen, a sentence each; the first ones, where there are many.
    public var findings: [String]
    /// By what the same crash or hang is known again in another check; nil: it ended otherwise.
    public var cause: String?

    /// Makes a result.
    public init(check: String, verdict: Verdict, findings: [String], cause: String? = nil) {
        self.check = check
        self.verdict = verdict
        self.findings = findings
        self.cause = cause
    }
}

/// One line of what a check's process reports: what it begins to do, or how it ended.
public struct ProgressLine: Codable, Sendable {
    /// What the check does now. The last such line shows where a crash came from.
    public var doing: String?
    /// The plugin's functions that run from now on, by the header's names; empty: none.
    public var running: String?
    /// The end.
    public var result: CheckResult?

    /// Makes a line.
    public init(doing: String? = nil, running: String? = nil, result: CheckResult? = nil) {
        self.doing = doing
        self.running = running
        self.result = result
    }

    /// The line, with its end.
    public var encoded: [UInt8] {
        // There are thousands of these. The names are the kit's own, and need no escapes.
        if let running { return Array("{\"running\":\"\(running)\"}\n".utf8) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Nothing in it is without a JSON form.
        return ((try? encoder.encode(self)).map { Array($0) } ?? []) + [0x0A]
    }
}
