import Foundation
import PusherConformance
import Testing

@testable import Operations

@Suite("Results for CI systems")
struct JUnitReportTests {
    @Test("are XML whatever a plugin says")
    func escapes() throws {
        var report = PluginTrial.Report(library: "/a/pusher.so", id: #"ac"me<ci>"#)
        let hostile = "]]></failure><x a=\"1\" b='2'>&\u{1B}[2J\u{0}\u{FFFE}\nnext"
        report.results = [
            CheckResult(check: "loads", verdict: .pass, findings: []),
            CheckResult(check: "push", verdict: .fail, findings: [hostile, "more"]),
            CheckResult(check: "opens", verdict: .crashed, findings: [hostile]),
            CheckResult(check: "check", verdict: .timedOut, findings: []),
            CheckResult(check: "exports", verdict: .warn, findings: [hostile]),
        ]
        report.times = ["loads": .milliseconds(1_234), "push": .milliseconds(5)]
        report.left = ["inspect", "threads"]
        let text = report.junit
        #expect(text.contains(#"tests="7" failures="1" errors="2" skipped="2" time="1.239""#))
        #expect(text.contains(#"<testcase classname="ac&quot;me&lt;ci&gt;" name="loads" time="1.234"/>"#))
        #expect(text.contains("&lt;/failure&gt;&lt;x a=&quot;1&quot; b=&apos;2&apos;&gt;&amp;"))
        #expect(text.contains(#"<error type="timed-out" message="timed-out"></error>"#))
        #expect(text.ranges(of: "<skipped").count == 2 && text.ranges(of: "<x").isEmpty)
        #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && $0.value < 0xFFFE })
    }
}
