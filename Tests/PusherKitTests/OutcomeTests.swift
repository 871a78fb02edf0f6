import CKeyturnPusher
import Testing

@testable import PusherKit

@Suite("What a pusher in Swift reports")
struct OutcomeTests {
    /// What arrives at a host of a minor version.
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

    private func evidence(_ evidence: Evidence, minor: UInt32) -> kt_evidence {
        reported(Outcome(Confirmation(evidence, "written"), forHost: minor)).evidence
    }

    @Test("says the evidence that the host knows, and less to one that does not", arguments: [0, 1, 2, 99] as [UInt32])
    func evidence(minor: UInt32) {
        let isKnown = minor >= 2
        #expect(evidence(.readBack, minor: minor) == KT_EVIDENCE_READ_BACK)
        #expect(evidence(.timestamp, minor: minor) == KT_EVIDENCE_TIMESTAMP)
        #expect(evidence(.acknowledged, minor: minor) == KT_EVIDENCE_ACKNOWLEDGED)
        #expect(evidence(.lastFour, minor: minor) == (isKnown ? KT_EVIDENCE_LAST_FOUR : KT_EVIDENCE_ACKNOWLEDGED))
        #expect(evidence(.version, minor: minor) == (isKnown ? KT_EVIDENCE_VERSION : KT_EVIDENCE_ACKNOWLEDGED))
    }

    @Test("has a pause in milliseconds, and none where the service gave no time")
    func pause() {
        func pause(_ duration: Duration?) -> Int64 {
            reported(Outcome(PushFailure(.rateLimited(after: duration), "later"))).retry_after_ms
        }
        #expect(pause(.seconds(7)) == 7_000 && pause(.milliseconds(1_500)) == 1_500)
        #expect(pause(.nanoseconds(1)) == 1 && pause(.seconds(1 << 40)) == 86_400_000)
        #expect(pause(nil) <= 0 && pause(.zero) <= 0 && pause(.seconds(-5)) <= 0)
    }
}
