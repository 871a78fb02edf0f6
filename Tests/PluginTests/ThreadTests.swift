import CKeyturnPusher
import Testing

@Suite struct ThreadTests {
    /// The manifests say "threads": "many".
    @Test func `one instance serves several threads at once, and no call sees another's answer`() async throws {
        nonisolated(unsafe) let shared = try HostSession(.gitlab)
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask { push(number, on: HostSession(sharing: shared)) }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}

private func push(_ number: Int, on session: HostSession) -> Bool {
    let target = #"{"project":\#(number),"access-key-id":"ID","secret-access-key":"SECRET"}"#
    let keyID = "AKIA\(number)"
    let replies = [("SECRET", "secret-\(number)"), ("ID", keyID)].map { key, value in
        Reply.status(200, #"{"key":"\#(key)","value":"\#(value)","environment_scope":"*"}"#)
    }
    let end = session.push(target, replies, keyID: keyID, secret: "secret-\(number)")
    return end.outcome == KT_OK && end.message.hasPrefix("GitLab: \(number): ")
        && end.lines[0].contains("/projects/\(number)/") && end.requests[1].body.contains(keyID)
}
