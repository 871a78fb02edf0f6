import CKeyturnPusher
import Testing

/// How long a service asks to wait, in every form in which services say it. It is 10:00:00 on 22 November 2026.
@Suite struct WaitTests {
    private static let date = "Sun, 22 Nov 2026 10:00:00 GMT"

    static let forms: [(String, UInt32, [String: String], Int64?)] = [
        ("seconds", 429, ["retry-after": "30"], 30), ("blanks", 429, ["retry-after": " 30 "], 30),
        ("fractions", 429, ["retry-after": "1.25"], 2), ("none", 429, ["retry-after": "0"], 0),
        ("a date", 429, ["retry-after": "Sun, 22 Nov 2026 10:00:20 GMT"], 20),
        (
            "a date by the service's clock", 429,
            ["retry-after": "Sun, 22 Nov 2026 09:30:20 GMT", "date": "Sun, 22 Nov 2026 09:30:00 GMT"], 20
        ),
        ("RFC 850", 429, ["retry-after": "Sunday, 22-Nov-26 10:00:20 GMT"], 20),
        ("asctime", 429, ["retry-after": "Sun Nov 22 10:00:20 2026"], 20),
        ("RFC 3339", 429, ["retry-after": "2026-11-22T10:00:20Z"], 20),
        ("epoch", 429, ["retry-after": "1795341620"], 21), ("epoch in ms", 429, ["retry-after": "1795341620000"], 21),
        ("a past date", 429, ["retry-after": "Sun, 22 Nov 2026 09:00:20 GMT"], 1),
        ("a past epoch", 429, ["retry-after": "1695341620"], 1),
        ("a year", 429, ["retry-after": "31536000"], 3_600),
        ("a year from now", 429, ["retry-after": "Mon, 22 Nov 2027 10:00:20 GMT"], 3_600),
        ("too much", 429, ["retry-after": "99999999999999999999999"], 3_600),
        ("words", 429, ["retry-after": "soon"], nil), ("empty", 429, ["retry-after": ""], nil),
        ("negative", 429, ["retry-after": "-5"], nil), ("infinite", 429, ["retry-after": "inf"], nil),
        ("hexadecimal", 429, ["retry-after": "0x10"], nil), ("two", 429, ["retry-after": "10, 20"], nil),
        ("nothing", 429, [:], nil), ("a reset", 429, ["ratelimit-reset": "1795341620"], 21),
        ("a reset in ms", 429, ["x-ratelimit-reset": "1795341620000"], 21),
        ("a reset in seconds", 429, ["x-rate-limit-reset": "17"], 17),
        ("a reset as a date", 429, ["ratelimit-resettime": "Sun, 22 Nov 2026 10:00:20 GMT"], 20),
        ("a reset of another limit", 429, ["ratelimit-remaining": "5", "ratelimit-reset": "1795341620"], nil),
        ("a malformed reset", 429, ["ratelimit-remaining": "0", "ratelimit-reset": "-"], nil),
        ("503", 503, ["retry-after": "45"], 45), ("502", 502, ["retry-after": "Sun, 22 Nov 2026 10:00:20 GMT"], 20),
        ("a malformed 503", 503, ["retry-after": "later"], nil),
    ]

    @Test(arguments: ABITests.plugins, forms)
    func `each form of a wait is understood, and bounded`(
        plugin: ABITests.Plugin, form: (name: String, status: UInt32, headers: [String: String], seconds: Int64?)
    ) throws {
        let end = try HostSession(plugin.library).push(plugin.target, [.status(form.status, "", form.headers)])
        // Of the three only GitHub documents how long to wait where it does not say.
        let seconds = form.seconds ?? (plugin.service == "GitHub" && form.status == 429 ? 60 : nil)
        end.expect(KT_RATE_LIMITED, "\(plugin.service): ")
        #expect(
            seconds.map { end.message.hasSuffix("; wait \($0) s") } ?? !end.message.contains("; wait"), "\(end.message)"
        )
        #expect(end.report?.retryAfter == seconds.map { $0 * 1_000 } ?? 0, "\(form.name)")
    }

    @Test(arguments: ABITests.plugins)
    func `a fault without a time is like any other`(plugin: ABITests.Plugin) throws {
        try HostSession(plugin.library).push(plugin.target, [.status(503)]).expect(KT_RETRYABLE, "\(plugin.service): ")
    }
}
