import JSON
@testable import Operations
import Testing

@Suite("What an event says has leaked")
struct LeakNoticeTests {
    private func notice(_ text: String) -> LeakNotice { LeakNotice(event: Array(text.utf8)) }

    private func health(
        _ entities: String, source: String = "aws.health", code: String = "AWS_RISK_CREDENTIALS_EXPOSED",
        status: String = "open"
    ) -> LeakNotice {
        notice(
            #"{"source":"\#(source)","detail":{"eventTypeCode":"\#(code)","statusCode":"\#(status)","affectedEntities":[\#(entities)]}}"#
        )
    }

    private let key = "AKIAIOSFODNN7EXAMPLE"

    @Test(
        "nothing, for nearly every event",
        arguments: [
            "{}", "[]", "null", "7", #""wake up""#, #"{"source":"aws.events","detail":{}}"#,
            // EventBridge Scheduler's own.
            #"{"source":"aws.scheduler","detail":"{}"}"#,
            #"{"source":"mine","detail":{"eventTypeCode":"AWS_RISK_CREDENTIALS_EXPOSED","affectedEntities":[{"entityValue":"AKIAIOSFODNN7EXAMPLE"}]}}"#,
        ])
    func wakeUps(_ text: String) {
        let notice = notice(text)
        #expect(notice.subjects.isEmpty && notice.problems.isEmpty)
    }

    @Test("keys, users by name and by ARN, each once")
    func subjects() {
        let entities = [key, key, "cicd-bot", "arn:aws:iam::123456789012:user/ci/deployer"]
            .map { #"{"entityValue":"\#($0)"}"# }.joined(separator: ",")
        let notice = health(entities)
        #expect(notice.subjects == [.key(key), .userName("cicd-bot"), .userName("deployer")])
        #expect(notice.problems.isEmpty)
    }

    @Test("other codes and closed events order nothing")
    func others() {
        let entity = #"{"entityValue":"\#(key)"}"#
        #expect(health(entity, code: "AWS_EC2_OPERATIONAL_ISSUE").subjects.isEmpty)
        #expect(health(entity, status: "closed").subjects.isEmpty)
        #expect(health(entity, code: "AWS_RISK_IAM_QUARANTINE").subjects == [.key(key)])
    }

    @Test("an order names a key, never a user")
    func order() {
        #expect(notice(#"{"keyturn":{"revoke":"\#(key)"}}"#).subjects == [.key(key)])
        for text in [#"{"keyturn":{"revoke":"cicd-bot"}}"#, #"{"keyturn":{}}"#, #"{"keyturn":true}"#] {
            #expect(notice(text).subjects.isEmpty && notice(text).problems.count == 1, "\(text)")
        }
    }

    @Test("what cannot be read is a problem, not a wake-up in silence")
    func problems() {
        #expect(notice("{").problems == ["the event is not JSON"])
        #expect(LeakNotice(event: [0xFF]).problems == ["the event is not JSON"])
        #expect(health("").problems.count == 1)
        #expect(health(#"{"entityValue":"a b"},{"entityValue":7},{}"#).problems.count == 3)
        #expect(health(#"{"entityValue":"arn:aws:iam::1:role/x"}"#).subjects.isEmpty)
    }

    @Test("a long list and a large event are bounded")
    func bounds() {
        let many = (0..<150).map { #"{"entityValue":"user-\#($0)"}"# }.joined(separator: ",")
        #expect(health(many).subjects.count == LeakNotice.longestList)
        #expect(health(many).problems.count == 1)
        let large = [UInt8](repeating: 0x20, count: LeakNotice.longestEvent + 1)
        #expect(LeakNotice(event: large).problems.count == 1)
    }
}
