import Foundation
import Rotation
import Synchronization
import Testing

@testable import AWS

@Suite("AWS's clock")
struct AWSClockTests {
    /// 2026-11-22T10:00:00Z
    private let start = Timestamp(milliseconds: 1_795_341_600_000)

    private func clock() -> AWSClock {
        let start = start
        return AWSClock { start }
    }

    private func date(_ seconds: Int) -> String {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return format.string(from: Date(timeIntervalSince1970: 1_795_341_600 + Double(seconds)))
    }

    @Test("is not known to differ before it has answered, nor by what a request takes")
    func agreed() {
        let clock = clock()
        #expect(clock.lead == .zero && clock.signingDate == nil && clock.complaint == nil)
        clock.note(date: date(0), sent: start, received: start + .seconds(1))
        clock.note(date: date(7), sent: start, received: start + .seconds(20))
        clock.note(date: date(-1), sent: start, received: start)
        #expect(clock.lead == .zero)
    }

    @Test("translates what AWS says into this machine's time", arguments: [180, -180])
    func translated(seconds: Int) {
        let clock = clock()
        clock.note(date: date(seconds), sent: start, received: start)
        #expect(abs((clock.lead - .seconds(seconds)) / .seconds(1)) <= 1)
        let made = clock.local(start + .seconds(seconds))
        #expect(abs((made - start) / .seconds(1)) <= 1, "a key that was made just now is not from the future")
        #expect(clock.signingDate == nil, "a signature is taken as it is")
        #expect(clock.complaint == nil)
    }

    @Test("stays the same while small noise comes and goes")
    func steady() {
        let clock = clock()
        clock.note(date: date(60), sent: start, received: start)
        let lead = clock.lead
        for seconds in [59, 60, 61] { clock.note(date: date(seconds), sent: start, received: start) }
        #expect(clock.lead == lead)
    }

    @Test("is not what a header says that contradicts the answer", arguments: [3_600, -86_400, 86_400 * 365])
    func lying(seconds: Int) {
        let clock = clock()
        clock.note(date: date(seconds), sent: start, received: start)
        clock.note(date: "yesterday", sent: start, received: start)
        clock.note(date: nil, sent: start, received: start)
        #expect(clock.lead == .zero, "AWS took a signature of this machine's time")
    }

    @Test("signs after a refusal, by the time in AWS's own words")
    func refused() {
        let clock = clock()
        let message =
            "Signature expired: 20261122T100000Z is now earlier than 20261122T105500Z (20261122T110000Z - 5 min.)"
        #expect(clock.noteRefusal(message: message, date: date(7)))
        #expect(clock.lead == .seconds(3_600) && clock.signingDate == "20261122T110000Z")
        #expect(clock.now == start + .seconds(3_600) && clock.local(clock.now) == start)
        #expect(clock.complaint?.contains("60 minutes behind AWS's") == true)
        #expect(!clock.noteRefusal(message: message, date: nil), "the same again would be refused again")
        // The answers that follow are no surprise.
        clock.note(date: date(3_600), sent: start, received: start)
        #expect(clock.signingDate == "20261122T110000Z")
    }

    @Test("signs by the header where AWS's words name no time")
    func header() {
        let clock = clock()
        #expect(!clock.noteRefusal(message: "RequestExpired: Request has expired", date: nil))
        #expect(clock.noteRefusal(message: "RequestExpired: Request has expired", date: date(-7_200)))
        #expect(clock.signingDate == "20261122T080000Z")
        #expect(clock.complaint?.contains("2 hours and 0 minutes ahead of AWS's") == true)
    }

    @Test("is left alone again once this machine's is right")
    func mended() {
        let now = Mutex(start)
        let clock = AWSClock { now.withLock { $0 } }
        #expect(clock.noteRefusal(message: "x", date: date(3_600)))
        now.withLock { $0 = start + .seconds(3_600) }
        clock.note(date: date(3_600), sent: start + .seconds(3_600), received: start + .seconds(3_600))
        #expect(clock.signingDate == nil && clock.lead == .zero && clock.complaint == nil)
    }
}
