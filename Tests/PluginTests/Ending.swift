import CKeyturnPusher
import Testing

/// How one call ended.
struct Ending {
    let outcome: kt_outcome
    let report: Report?
    let requests: [Recorded]
    /// Replies that no one asked for.
    let unused: Int

    var message: String { report?.message ?? "" }
    var lines: [String] { requests.map(\.line) }

    /// A secret is in request bodies and header fields alone, and a message is one line. It promises no further try, of which the host
    /// alone knows.
    func expectNoSecrets(logs: [String]) {
        let texts =
            logs + [message, report?.keyID ?? "", report?.changedAt ?? ""] + requests.map(\.url)
        for secret in [HostSession.secret, HostSession.token] {
            #expect(!texts.contains { $0.contains(secret) }, "a secret is in \(texts)")
        }
        #expect(!message.contains { $0.isNewline })
        #expect(!message.contains("tried again"), "\(message)")
    }

    /// Expects an outcome, and a message that begins with the subject and holds each of the texts.
    func expect(
        _ outcome: kt_outcome, _ subject: String, _ texts: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(self.outcome == outcome, "\(message)", sourceLocation: sourceLocation)
        #expect(message.hasPrefix(subject), sourceLocation: sourceLocation)
        for text in texts {
            #expect(message.contains(text), sourceLocation: sourceLocation)
        }
    }
}
