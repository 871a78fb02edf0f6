import CKeyturnPusher
import Testing

/// What becomes of a push when a request gets no answer.
@Suite struct TransportTests {
    static let outcomes: [(kt_http_error, kt_outcome)] = [
        (KT_HTTP_REFUSED, KT_INVALID_CONFIG), (KT_HTTP_UNREACHABLE, KT_RETRYABLE), (KT_HTTP_LOST, KT_RETRYABLE),
        (KT_HTTP_TIMED_OUT, KT_TIMED_OUT), (KT_HTTP_TOO_LARGE, KT_RETRYABLE), (KT_HTTP_CANCELLED, KT_CANCELLED),
        (KT_HTTP_TLS, KT_RETRYABLE), (99, KT_RETRYABLE),
    ]

    @Test(arguments: ABITests.plugins, outcomes)
    func `each transport error has its outcome`(
        plugin: ABITests.Plugin, pair: (error: kt_http_error, outcome: kt_outcome)
    ) throws {
        let end = try HostSession(plugin.library).push(plugin.target, [.error(pair.error, "why\nit\tfailed")])
        end.expect(pair.outcome, "\(plugin.service): ")
        if pair.error != KT_HTTP_CANCELLED { #expect(end.message.contains("(why it failed)")) }
        #expect(end.requests.count == 1)
    }

    @Test(arguments: ABITests.plugins)
    func `a cancelled call sends nothing`(plugin: ABITests.Plugin) throws {
        let session = try HostSession(plugin.library)
        session.cancelledAfter = 0
        let end = session.push(plugin.target, [.status(200)])
        end.expect(KT_CANCELLED, "\(plugin.service): ")
        #expect(end.requests.isEmpty)
    }

    @Test(arguments: ABITests.plugins)
    func `a call that is out of time sends nothing`(plugin: ABITests.Plugin) throws {
        let session = try HostSession(plugin.library)
        session.cancelledAfter = 0
        session.remaining = 0
        let end = session.push(plugin.target, [.status(200)])
        end.expect(KT_TIMED_OUT, "\(plugin.service): ")
        #expect(end.requests.isEmpty)
    }

    @Test func `a call that is cancelled between two requests sends no more`() throws {
        let session = try HostSession(.travis)
        session.cancelledAfter = 1
        let target = ABITests.plugins[0].target
        let end = session.push(target, [.status(200, #"{"env_vars":[]}"#), .status(201)])
        end.expect(KT_CANCELLED, "Travis CI: SECRET in acme/app: ")
        #expect(end.requests.count == 1)
    }

    @Test(arguments: ABITests.plugins)
    func `a message is short and one line, whatever the service says`(plugin: ABITests.Plugin) throws {
        let words = String(repeating: "long \u{1b}[31m\u{202e} words\r\n", count: 100)
        let end = try HostSession(plugin.library).push(
            plugin.target, [.status(500, words, ["content-type": "text/plain"])])
        end.expect(KT_RETRYABLE, "\(plugin.service): ", "500 (long [31m words long", "…")
        #expect(end.message.count < 400)
        #expect(!end.message.unicodeScalars.contains { $0.properties.generalCategory == .control })
    }
}
