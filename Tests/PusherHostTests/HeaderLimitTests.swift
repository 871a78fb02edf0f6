import CKeyturnPusher
import Rotation
import RunnerProtocol
import Secrets
import Testing

@testable import HTTP
@testable import PusherHost

@Suite("The limits that the ABI's header states are those that the host keeps")
struct HeaderLimitTests {
    let redactor = Redactor([])
    let grant = Grant(hosts: ["ci.example.com"])

    private func fields(_ pairs: [(String, String)]) -> [UInt8] {
        var bytes: [UInt8] = []
        for var text in pairs.flatMap({ [$0.0, $0.1] }) {
            text.withUTF8 { HeaderFields.append(UnsafeRawBufferPointer($0), to: &bytes) }
        }
        return bytes
    }

    private func isSent(
        _ fields: [UInt8] = [], body: Int = 0, url: Int = 0
    ) -> Bool {
        let base = "https://ci.example.com/"
        var (fields, body) = (fields, [UInt8](repeating: 0x61, count: body))
        let wanted = WireRequest(
            number: 1, method: "PUT", url: base + String(repeating: "a", count: max(0, url - base.utf8.count)),
            timeLimit: 0)
        return (try? PluginRequest.checked(wanted, fields: &fields, body: &body, grant)) != nil
    }

    @Test("of URLs and bodies")
    func sizes() {
        #expect(isSent(url: Int(KT_MAX_URL)) && !isSent(url: Int(KT_MAX_URL) + 1))
        #expect(isSent(body: Int(KT_MAX_REQUEST_BODY)) && !isSent(body: Int(KT_MAX_REQUEST_BODY) + 1))
    }

    @Test("of header fields, their names and their bytes")
    func headers() {
        let many = (0..<Int(KT_MAX_HEADERS)).map { ("x-\($0)", "") }
        #expect(isSent(fields(many)) && !isSent(fields(many + [("y", "")])))
        let name = String(repeating: "n", count: Int(KT_MAX_HEADER_NAME))
        #expect(isSent(fields([(name, "")])) && !isSent(fields([(name + "n", "")])))
        let value = String(repeating: "v", count: Int(KT_MAX_HEADER_BYTES) - 8 - 1)
        #expect(isSent(fields([("n", value)])) && !isSent(fields([("n", value + "v")])))
    }

    @Test("of requests of one call")
    func requests() throws {
        let call = PusherCall(
            question: .check, target: PusherTarget(name: TargetName("a:b"), pusher: "a", fields: "{}", exclusive: nil),
            timeout: .seconds(1), completion: { _ in })
        let reservation = try Pace(PaceRules(nil), isVendor: true).reserve(at: .now).get()
        let active = ActiveCall(call: call, deadline: .now, reservation: reservation)
        for _ in 0..<KT_MAX_REQUESTS { #expect(active.take(bytes: 1) == nil) }
        #expect(active.take(bytes: 1) != nil)
        let other = ActiveCall(call: call, deadline: .now, reservation: reservation)
        #expect(other.take(bytes: Int(KT_MAX_REQUEST_BYTES)) == nil && other.take(bytes: 1) != nil)
    }

    @Test("of texts, which are cut")
    func texts() {
        var outcome = Outcome(code: KT_OK)
        let long = String(repeating: "a", count: 5_000)
        (outcome.message, outcome.keyID, outcome.changedAt) = (long, long, long)
        let report = CallReport(outcome, redactor)
        #expect(report.message.utf8.count == KT_MAX_MESSAGE)
        #expect(report.keyID?.utf8.count == Int(KT_MAX_KEY_ID) && report.changedAt?.utf8.count == Int(KT_MAX_TIME_TEXT))
        let place = FoundPlace(WirePlace(place: long, fields: "{}", keyID: "", changedAt: ""), redactor)
        #expect(place.place.utf8.count == KT_MAX_PLACE_NAME)
        #expect(WirePlace.most == KT_MAX_PLACES)
    }

    @Test("of a pause that the service asks for, where zero is no time")
    func pause() {
        func pause(_ milliseconds: Int64) -> Duration? {
            var outcome = Outcome(code: KT_RATE_LIMITED)
            outcome.retryAfter = milliseconds
            return CallReport(outcome, redactor).retryAfter
        }
        #expect(pause(0) == nil && pause(-1) == nil && pause(1) == .milliseconds(1))
        #expect(pause(Int64(KT_MAX_RETRY_AFTER_MS) + 1) == .milliseconds(KT_MAX_RETRY_AFTER_MS))
    }

    @Test("of manifests")
    func manifests() {
        func isTaken(id: Int = 1, summary: Int = 0) -> Bool {
            let text = { String(repeating: "a", count: $0) }
            return (try? Manifest(text: #"{"id":"\#(text(id))","summary":"\#(text(summary))"}"#, at: "here")) != nil
        }
        #expect(isTaken(id: Int(KT_MAX_ID)) && !isTaken(id: Int(KT_MAX_ID) + 1))
        #expect(isTaken(summary: Int(KT_MAX_SUMMARY)) && !isTaken(summary: Int(KT_MAX_SUMMARY) + 1))
        #expect(Manifest.sizeLimit == KT_MAX_MANIFEST)
    }

    @Test("of answers, whose header fields the client counts for everybody")
    func answers() {
        #expect(PusherLimits.response == KT_MAX_RESPONSE_BODY)
        #expect(Transfer.headerLimit.count == KT_MAX_RESPONSE_HEADERS)
        #expect(Transfer.headerLimit.bytes == KT_MAX_RESPONSE_HEADER_BYTES)
    }
}
