import Rotation
import RunnerProtocol
import Secrets
import Testing

@testable import PusherHost

@Suite("What a runner reports")
struct CallReportTests {
    private func report(_ code: Int32, _ change: (inout Outcome) -> Void = { _ in }) -> CallReport {
        var outcome = Outcome(code: code)
        change(&outcome)
        return CallReport(outcome, Redactor([.text("tokentoken")]))
    }

    @Test("of numbers that the ABI does not have is unknown", arguments: [-1, 12, 99, .max, .min] as [Int32])
    func rubbish(code: Int32) { #expect(report(code).outcome == .unknown) }

    @Test("with evidence that the ABI does not have is unknown, also with an OK")
    func rubbishEvidence() { #expect(report(0) { $0.evidence = 17 }.outcome == .unknown) }

    @Test("of an OK without evidence counts as acknowledged, and a failure has none")
    func evidence() {
        #expect(report(0).evidence == .acknowledged)
        #expect(report(0) { $0.evidence = 1 }.evidence == .readBack)
        #expect(report(0) { $0.evidence = 4 }.evidence == .lastFour)
        #expect(report(0) { $0.evidence = 5 }.evidence == .version)
        #expect(report(5) { $0.evidence = 1 }.evidence == nil)
    }

    @Test("with a proof that no push can have is unknown")
    func proofFromOutside() {
        #expect(report(0) { $0.evidence = 6 }.outcome == .unknown)
        #expect(report(1) { $0.evidence = 6 }.outcome == .unknown)
    }

    @Test("has no control characters, and no secret")
    func message() {
        let message = report(2) { $0.message = "a\u{1B}[31m\nb tokentoken c" }.message
        #expect(message == "a [31m b [redacted] c")
    }

    @Test("with a wait without end waits for an hour at most")
    func wait() {
        #expect(report(3) { $0.retryAfter = .max }.retryAfter == .seconds(3_600))
        #expect(report(3).retryAfter == nil)
    }
}
