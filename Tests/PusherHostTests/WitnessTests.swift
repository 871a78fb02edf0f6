@testable import HTTP
import Rotation
import Secrets
import Testing

@testable import PusherHost

@Suite("What the host saw of a push")
struct WitnessTests {
    static let key = "AKIAIOSFODNN7EXAMPLE"

    func answer(_ status: Int, _ body: String = "{}", _ kind: String = "application/json") -> HTTPResponse {
        HTTPResponse(status: status, headers: [(name: "content-type", value: kind)], body: .text(body))
    }

    func judged(
        _ outcome: PushResult.Outcome = .ok, _ evidence: Evidence = .readBack, writes: [HTTPResponse] = [],
        reads: [HTTPResponse] = [],
        isTrusted: Bool = false, isOwn: Bool = false, before: Bool = false
    ) -> CallReport {
        var witness = Witness(keyID: Self.key)
        writes.forEach { witness.take($0, isWriting: true) }
        reads.forEach { witness.take($0, isWriting: false) }
        return witness.judged(
            CallReport(outcome, "yes", evidence: evidence), isTrusted: isTrusted, isOwn: isOwn, hasWrittenBefore: before
        )
    }

    @Test("confirms where the service confirmed a write", arguments: [200, 201, 204, 205, 299])
    func confirmed(status: Int) {
        #expect(judged(.ok, .acknowledged, writes: [answer(status)]).outcome == .ok)
        #expect(judged(.ok, .timestamp, writes: [answer(status)]).evidence == .timestamp)
    }

    @Test("confirms nothing where no write was answered by a yes of the service")
    func alone() {
        #expect(judged().outcome == .internal)
        #expect(judged(reads: [answer(200, Self.key)]).outcome == .internal)
        for status in [203, 301, 302, 304, 400, 401, 404, 409, 429, 500, 503] {
            #expect(judged(writes: [answer(status, Self.key)]).outcome == .internal, "\(status)")
        }
        #expect(judged(writes: [answer(200, Self.key, "text/html; charset=utf-8")]).outcome == .internal)
        #expect(judged(writes: [answer(500), answer(200)]).outcome == .ok)
    }

    @Test("takes 202 for no more than a promise")
    func accepted() {
        let report = judged(.ok, .readBack, writes: [answer(202, Self.key)])
        #expect(report.outcome == .ok && report.evidence == .acknowledged)
        #expect(judged(.ok, .readBack, writes: [answer(202), answer(200, Self.key)]).evidence == .readBack)
    }

    @Test(
        "has read the key back where an answer held its ID, in whatever form",
        arguments: [
            #"{"value":"AKIAIOSFODNN7EXAMPLE"}"#, #"{"value":"\u0041KIAIOSFODNN7EXAMPL\u0045"}"#,
            "QUtJQUlPU0ZPRE5ON0VYQU1QTEU=",
            // "x" and "xy" before it.
            "eEFLSUFJT1NGT0ROTjdFWEFNUExF", "eHlBS0lBSU9TRk9ETk43RVhBTVBMRQ==",
        ])
    func readBack(body: String) {
        #expect(judged(writes: [answer(200, body)]).evidence == .readBack)
        #expect(judged(writes: [answer(204, "")], reads: [answer(200, body)]).evidence == .readBack)
    }

    @Test("has not read it back where no answer did")
    func notReadBack() {
        let report = judged(writes: [answer(200, #"{"value":"AKIAIOSFODNN7EXAMPLF"}"#)])
        #expect(report.outcome == .ok && report.evidence == .acknowledged)
    }

    @Test("takes `unchanged` where it saw the key being written there, or there")
    func unchanged() {
        #expect(judged(.unchanged).outcome == .internal)
        #expect(judged(.unchanged, reads: [answer(200, "AKIAI44QH8DHBEXAMPLE")]).outcome == .internal)
        #expect(judged(.unchanged, before: true).outcome == .unchanged)
        #expect(judged(.unchanged, before: true).evidence == .acknowledged)
        #expect(judged(.unchanged, reads: [answer(200, Self.key)]).evidence == .readBack)
    }

    @Test("takes the word of a pusher that may do more than ask, and no more than its word")
    func trusted() {
        let report = judged(.ok, .readBack, isTrusted: true)
        #expect(report.outcome == .ok && report.evidence == .acknowledged)
    }

    @Test("believes what a part of keyturn has read by itself, but only where it may do that")
    func own() {
        #expect(judged(.ok, .readBack, isTrusted: true, isOwn: true).evidence == .readBack)
        #expect(judged(.ok, .readBack, isOwn: true).outcome == .internal)
    }

    @Test("says nothing of what did not go well, nor of questions")
    func others() {
        #expect(judged(.retryable).message == "yes")
        let question = Witness(keyID: nil).judged(CallReport(.ok, "fine"), isTrusted: false, hasWrittenBefore: false)
        #expect(question.outcome == .ok)
    }
}

extension WitnessTests {
    @Test(
        "has not seen a key where a refusal, a redirect or a web page quotes its ID",
        arguments: [203, 302, 404, 422, 500])
    func quoted(status: Int) {
        #expect(judged(.unchanged, reads: [answer(status, Self.key)]).outcome == .internal)
        #expect(judged(writes: [answer(204, "")], reads: [answer(status, Self.key)]).evidence == .acknowledged)
        #expect(judged(.unchanged, reads: [answer(200, Self.key, "text/html")]).outcome == .internal)
    }
}

extension WitnessTests {
    /// A push that says `evidence`, after these answers.
    private func evidence(
        _ evidence: Evidence, _ outcome: PushResult.Outcome = .ok, before: [HTTPResponse] = [],
        write: HTTPResponse? = nil,
        after: [HTTPResponse] = [], isTrusted: Bool = false
    ) -> Evidence? {
        var witness = Witness(keyID: Self.key)
        before.forEach { witness.take($0, isWriting: false) }
        witness.take(write ?? answer(204, ""), isWriting: true)
        after.forEach { witness.take($0, isWriting: false) }
        let report = CallReport(outcome, "yes", evidence: evidence)
        return witness.judged(report, isTrusted: isTrusted, hasWrittenBefore: true).evidence
    }

    @Test("takes the end of a key ID where the answers showed another one before the write, and this one since")
    func lastFour() {
        let old = answer(200, #"{"value":"xxxx7EXA"}"#)
        let new = answer(200, #"{"value":"xxxxMPLE"}"#)
        #expect(evidence(.lastFour, before: [old], after: [new]) == .lastFour)
        #expect(evidence(.lastFour, before: [answer(404, "")], after: [new]) == .lastFour)
        #expect(evidence(.lastFour, before: [old], write: new) == .lastFour)
        #expect(evidence(.lastFour, before: [old], after: [answer(200, #"["xxxxMPLE"]"#)]) == .lastFour)
    }

    @Test("takes it for no more than a yes where it was there before, was not looked for, or is not an end")
    func noLastFour() {
        let old = answer(200, #"{"value":"xxxx7EXA"}"#)
        let new = answer(200, #"{"value":"xxxxMPLE"}"#)
        #expect(evidence(.lastFour, before: [new], after: [new]) == .acknowledged)
        #expect(evidence(.lastFour, before: [old, new], after: [new]) == .acknowledged)
        #expect(evidence(.lastFour, after: [new]) == .acknowledged)
        #expect(evidence(.lastFour, before: [answer(500, "")], after: [new]) == .acknowledged)
        #expect(evidence(.lastFour, before: [old], after: [old]) == .acknowledged)
        #expect(evidence(.lastFour, before: [old]) == .acknowledged)
        #expect(evidence(.lastFour, before: [old], after: [answer(200, #"{"value":"MPLEMPLEX"}"#)]) == .acknowledged)
        #expect(evidence(.lastFour, before: [old], after: [answer(500, "xxxxMPLE")]) == .acknowledged)
        #expect(evidence(.lastFour, before: [old], after: [new], isTrusted: true) == .acknowledged)
    }

    @Test(
        "takes a time or a version where the service has shown anything since the write",
        arguments: [
            Evidence.timestamp, .version,
        ])
    func shown(said: Evidence) {
        #expect(evidence(said, after: [answer(200, #"{"version":8}"#)]) == said)
        #expect(evidence(said, write: answer(200, #"{"version":8}"#)) == said)
        #expect(evidence(said, before: [answer(200, #"{"version":7}"#)]) == .acknowledged)
        #expect(evidence(said, after: [answer(200, "")]) == .acknowledged)
        #expect(evidence(said, after: [answer(404, "{}")]) == .acknowledged)
        #expect(evidence(said, write: answer(202, #"{"version":8}"#)) == .acknowledged)
        #expect(evidence(said, after: [answer(200, "{}")], isTrusted: true) == .acknowledged)
    }

    @Test("never takes it from a push that a job uses the key")
    func used() { #expect(evidence(.used, after: [answer(200, Self.key)]) == .acknowledged) }
}
