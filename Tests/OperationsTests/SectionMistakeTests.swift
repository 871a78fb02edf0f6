import Configuration
import Foundation
import JSON
@testable import Operations
import Testing

@Suite("Mistakes in `notifications`, `discover` and `self-rotation`")
struct SectionMistakeTests {
    /// Expects a file with that section to be refused, and what is secret in it not to be repeated.
    private func expect(_ section: String, _ words: String) async throws {
        let directory = try Directory(Directory.configuration("version: 1", "version: 1\n\(section)"))
        let sentence = await expectMistake(directory, words, "keyturn.yaml:")
        #expect(!sentence.contains("hunter2"))
    }

    private static let secret = "secret: { file: seal.key }"

    @Test(
        "of notifications",
        arguments: [
            ("[{ webhook: \"http://example.com/\", \(secret) }]", "must be a URL that begins with https://"),
            ("[{ webhook: \"http://localhost.evil.com/\", \(secret) }]", "must be a URL that begins with https://"),
            ("[{ webhook: \"http://localhost:1@evil.com/\", \(secret) }]", "must be a URL that begins with https://"),
            ("[{ webhook: \"https://example.com/\" }]", "`notifications[0].secret` is missing"),
            ("[{ webhook: \"https://example.com/\", secret: hunter2 }]", "a secret is never written here"),
            ("[{ slack: \"https://hooks.slack.com/services/x\" }]", "a secret is never written here"),
            ("[{ slack: { env: NOWHERE } }]", "NOWHERE is not set"),
            ("[{ command: [] }]", "`notifications[0].command` needs a program"),
            ("[{ command: [x], \(secret) }]", "belongs to a webhook"),
            (
                "[{ command: [x], \"on\": [hold] }]",
                "has `hold`; the events are: blocked, recovered, drift, over-age, delivered, completed, revoked, configuration"
            ),
            (
                "[{ command: [x], wehbook: y }]",
                "unknown field `wehbook` in `notifications[0]`; did you mean `webhook`?"
            ),
            ("[{}]", "needs one of `pagerduty`, `slack`, `teams`, `email`, `webhook` and `command`"),
            ("[{ teams: \"https://example.com/x\" }]", "a secret is never written here"),
            ("[{ pagerduty: { file: seal.key } }]", "is not an integration key of PagerDuty"),
            (
                "[{ pagerduty: { env: X }, endpoint: \"http://example.com\" }]",
                "must be a URL that begins with https://"
            ),
            ("[{ pagerduty: { env: X }, \"on\": [completed] }]", "PagerDuty opens no incident for it"),
            ("[{ email: ops, from: a@example.com }]", "has `ops`, which is not an address"),
            ("[{ email: \"-oX@example.com\", from: a@example.com }]", "which is not an address"),
            ("[{ email: \"a@example.com, b@example.com\", from: a@example.com }]", "which is not an address"),
            ("[{ email: [], from: a@example.com }]", "must have 1 to 50 addresses"),
            ("[{ email: a@example.com }]", "`notifications[0].from` is missing"),
            ("[{ email: a@example.com, from: \"a <a@example.com>\" }]", "must be an address"),
            ("[{ slack: { env: X }, from: a@example.com }]", "`notifications[0].from` belongs to e-mail"),
            ("[]\nnotify: { a: [] }", "`notify.a` has no receiver"),
            ("[]\nnotify: { a: [{ command: [x] }, {}] }", "`notify.a[1]` needs one of"),
            ("[{ command: [x], slack: { env: X } }]", "needs one of"),
            ("{ command: [x] }", "`notifications` must be a list"),
        ])
    func notifications(_ entries: String, _ words: String) async throws {
        try await expect("notifications: \(entries)", words)
    }

    private static let template = "targets: [{ pusher: github, repository: \"acme/{user}\" }]"

    @Test(
        "of discover",
        arguments: [
            ("\(template)", "needs `tag`"), ("tag: a=b", "`discover.targets` must be a list"),
            ("path: ci, \(template)", "begin and end with a slash"), ("tag: \"=b\", \(template)", "NAME=VALUE"),
            ("tag: a, targets: [{ pusher: github, repository: \"{name}\" }]", "{user} and {tag:NAME}"),
            ("tag: a, targets: [{ pusher: github, repository: \"{user\" }]", "{user} and {tag:NAME}"),
            ("tag: a, name: \"{x}\", \(template)", "{user} and {tag:NAME}"),
            ("tag: a, tags: b, \(template)", "unknown field `tags`"),
            ("tag: a, targets: [{ pusher: nobody }]", "`nobody`"),
        ])
    func discover(_ entry: String, _ words: String) async throws { try await expect("discover: { \(entry) }", words) }

    @Test(
        "of self-rotation",
        arguments: [
            ("{}", "`self-rotation.user` is missing"), ("{ user: a b }", "not an IAM user name"),
            ("{ user: cicd-bot }", "is listed in `users` too"), ("{ user: keyturn, file: x }", "unknown field `file`"),
        ])
    func selfRotation(_ field: String, _ words: String) async throws {
        try await expect("self-rotation: \(field)", words)
    }

    @Test("policies: of keyturn's own user, and of users that are looked for, by tag only")
    func policies() throws {
        func statements(_ section: String) throws -> [String: JSONValue] {
            let directory = try Directory(Directory.configuration("version: 1", "version: 1\n\(section)"))
            let policy = try JSONValue(parsing: try PolicyDocument(directory.context).text())
            let found = policy["Statement"]?.array ?? []
            return Dictionary(found.map { ($0["Sid"]?.string ?? "", $0) }) { first, _ in first }
        }
        let own = try statements("self-rotation: { user: keyturn }")["KeyturnRotatesAccessKeys"]
        #expect(own?["Resource"]?.strings?.contains("arn:aws:iam::*:user/keyturn") == true)
        let found = try statements("discover: { tag: keyturn=yes, \(Self.template) }")
        #expect(found["KeyturnFindsUsers"]?["Action"]?.strings == ["iam:ListUserTags", "iam:ListUsers"])
        let rotating = found["KeyturnRotatesFoundUsers"]
        #expect(rotating?["Resource"]?.strings == ["arn:aws:iam::*:user/*"])
        #expect(rotating?["Condition"]?["StringEquals"]?["aws:ResourceTag/keyturn"]?.string == "yes")
    }
}
