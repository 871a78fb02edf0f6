import Testing

@testable import PusherKit

@Suite("Times that a pusher reads")
struct TimeTests {
    /// Seconds since 1970, by `date -u -d TEXT +%s`.
    private static let known: [(String, Int64)] = [
        ("1970-01-01T00:00:00Z", 0), ("2026-11-22T10:00:00Z", 1_795_341_600), ("2000-02-29T23:59:59Z", 951_868_799),
        ("2000-03-01T00:00:00Z", 951_868_800), ("1900-03-01T00:00:00Z", -2_203_891_200),
        ("1969-12-31T23:59:59Z", -1), ("9999-12-31T23:59:59Z", 253_402_300_799),
        ("0001-01-01T00:00:00Z", -62_135_596_800), ("2026-12-31T23:59:59Z", 1_798_761_599),
    ]

    @Test("are the moments that they name, and are written as they were", arguments: known)
    func moments(text: String, seconds: Int64) throws {
        let moment = try #require(rfc3339(text))
        #expect(moment.milliseconds == seconds * 1_000 && moment.seconds == seconds && rfc3339Text(moment) == text)
    }

    @Test("go on from day to day, through years with and without a leap day")
    func days() {
        var moment = Timestamp(milliseconds: -3_000_000_000_000)
        var former = rfc3339Text(moment)
        while former < "2110-01-01T00:00:00Z" {
            moment = moment + .seconds(86_400)
            let text = rfc3339Text(moment)
            guard former < text, rfc3339(text) == moment else {
                Issue.record("\(former) is before \(text)")
                return
            }
            former = text
        }
    }

    @Test("may have fractions and offsets")
    func offsets() {
        #expect(rfc3339("2026-11-22T12:00:00.123456+02:00")?.milliseconds == 1_795_341_600_123)
        #expect(rfc3339("2026-11-22T04:30:00.5-05:30")?.milliseconds == 1_795_341_600_500)
        #expect(rfc3339("2026-11-22t10:00:00z")?.seconds == 1_795_341_600)
        #expect(spacedDate("2026-11-22 12:00:00 +0200")?.seconds == 1_795_341_600)
        #expect(spacedDate("2026-11-22 10:00:00 UTC")?.seconds == 1_795_341_600)
        #expect(httpDate("Sun, 22 Nov 2026 10:00:00 GMT")?.seconds == 1_795_341_600)
    }

    @Test(
        "are refused where there is no such time",
        arguments: [
            "", "2026-11-22", "2026-11-22T10:00:00", "2026-11-22 10:00:00Z", "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-11-31T00:00:00Z", "2026-11-22T24:00:00Z",
            "2026-11-22T10:60:00Z", "2026-11-22T10:00:61Z", "2026-11-22T10:00:00.Z", "2026-11-22T10:00:00Zx",
            "2026-11-22T10:00:00+2:00", "2026-11-22T10:00:00+24:00", "+026-11-22T10:00:00Z", "２026-11-22T10:00:00Z",
        ])
    func refused(text: String) {
        #expect(rfc3339(text) == nil)
    }

    @Test("are compared, and differences are durations that do not overflow")
    func arithmetic() {
        let now = Timestamp(milliseconds: 1_000)
        #expect(now < now + .milliseconds(1) && now - .seconds(1) == Timestamp(milliseconds: 0))
        #expect(Timestamp(milliseconds: 5_500) - now == .milliseconds(4_500))
        #expect(Timestamp(milliseconds: .max) - Timestamp(milliseconds: .min) == .milliseconds(Int64.max))
        #expect(Timestamp(milliseconds: .min) - Timestamp(milliseconds: .max) == .milliseconds(Int64.min))
        #expect(now + .seconds(Int64.max) == Timestamp(milliseconds: .max))
        #expect(now + .seconds(Int64.min) == Timestamp(milliseconds: .min))
        #expect(Timestamp(milliseconds: -1).seconds == -1)
        #expect(Timestamp.now > Timestamp(milliseconds: 1_700_000_000_000))
    }

    @Test("of a token's end are warned about in the last two weeks")
    func expiry() {
        let now = Timestamp(milliseconds: 1_795_341_600_000)
        #expect(expiryWarning(now + .seconds(14 * 86_400), now: now) == nil)
        #expect(
            expiryWarning(now + .seconds(3 * 86_400 + 1), now: now)
                == "; the token expires in 3 days, at 2026-11-25T10:00:01Z: make a new one before that")
        #expect(expiryWarning(now + .seconds(7_200), now: now)?.contains("in 2 hours") == true)
        #expect(expiryWarning(now, now: now) == "; the token expired at 2026-11-22T10:00:00Z: make a new one")
    }
}
