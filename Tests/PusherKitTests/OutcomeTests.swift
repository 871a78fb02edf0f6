import CKeyturnPusher
import Testing

@testable import PusherKit

@Suite("What a pusher in Swift reports")
struct OutcomeTests {
    /// What arrives at a host.
    private func reported(_ outcome: Outcome) -> kt_report {
        final class Place { var report = kt_report() }
        let place = Place()
        var call = kt_call()
        call.size = UInt32(MemoryLayout<kt_call>.size)
        call.context = Unmanaged.passUnretained(place).toOpaque()
        call.report = { call, report in
            guard let context = call?.pointee.context, let report else { return }
            Unmanaged<Place>.fromOpaque(context).takeUnretainedValue().report = report.pointee
        }
        _ = withExtendedLifetime(place) { outcome.report(to: &call, Redaction([])) }
        return place.report
    }

    @Test(
        "has the evidence's number",
        arguments: [
            (.readBack, KT_EVIDENCE_READ_BACK), (.timestamp, KT_EVIDENCE_TIMESTAMP),
            (.acknowledged, KT_EVIDENCE_ACKNOWLEDGED), (.lastFour, KT_EVIDENCE_LAST_FOUR),
            (.version, KT_EVIDENCE_VERSION),
        ] as [(Evidence, kt_evidence)])
    func evidence(of evidence: Evidence, number: kt_evidence) {
        #expect(reported(Outcome(Confirmation(evidence, "written"))).evidence == number)
    }

    @Test("has the end of a key ID where no more is known")
    func keyIDs() {
        func keyID(_ inspection: Inspection) -> UInt64 { reported(Outcome(inspection)).key_id.length }
        var end = Inspection(keyID: nil, message: "read")
        end.keyIDEnd = "MPLE"
        #expect(keyID(end) == 5 && keyID(Inspection(keyID: nil, message: "read")) == 0)
        #expect(keyID(Inspection(keyID: "AKIAIOSFODNN7EXAMPLE", message: "read")) == 20)
    }

    @Test("has a pause in milliseconds, and none where the service gave no time")
    func pause() {
        func pause(_ duration: Duration?) -> Int64 {
            reported(Outcome(PushFailure(.rateLimited(after: duration), "later"))).retry_after_ms
        }
        #expect(pause(.seconds(7)) == 7_000 && pause(.milliseconds(1_500)) == 1_500)
        #expect(pause(.nanoseconds(1)) == 1 && pause(.seconds(1 << 40)) == 86_400_000)
        #expect(pause(nil) == 0 && pause(.zero) == 0 && pause(.seconds(-5)) == 0)
    }
}
