import CKeyturnPusher
import FoundationEssentials
import Glibc
import Testing

/// The tables in the plugin's README say what the plugin does: they are made by asking it.
/// `KEYTURN_WRITE_README=1` writes them again.
@Suite(.serialized) struct GitHubReadmeTests {
    private static let names =
        #""access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#
    private static let target = #"{"repository":"acme/app",\#(names)}"#
    private static let file = #"{"repository":"acme/app","shape":"credentials-file",\#(names)}"#
    private static let variable = #"{"repository":"acme/app","key-id-as":"variable",\#(names)}"#

    private var key: Reply { .status(200, #"{"key_id":"1","key":"\#(SealingKey().publicKey)"}"#) }
    private let written = Reply.status(204, "", ["date": "Sun, 22 Nov 2026 10:00:00 GMT"])

    private static func says(_ status: UInt32, _ message: String, _ headers: [String: String] = [:]) -> Reply {
        .status(status, #"{"message":"\#(message)"}"#, headers)
    }

    private func times(_ time: String) -> Reply {
        let secrets = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map {
            #"{"name":"\#($0)","updated_at":"\#(time)"}"#
        }
        return .status(200, #"{"total_count":2,"secrets":[\#(secrets.joined(separator: ","))]}"#)
    }

    private var before: Reply { times("2026-11-21T10:00:00Z") }

    private func file(_ time: String) -> Reply {
        .status(200, #"{"total_count":1,"secrets":[{"name":"AWS_CREDENTIALS_FILE","updated_at":"\#(time)"}]}"#)
    }

    private func value(_ value: String) -> Reply {
        .status(200, #"{"name":"AWS_ACCESS_KEY_ID","value":"\#(value)","updated_at":"2026-11-22T10:00:01Z"}"#)
    }

    /// What GitHub answers, in words and as the replies to a push.
    private var pushes: [(String, [Reply])] {
        let none = Reply.status(200, #"{"total_count":0,"secrets":[]}"#)
        let old = times("2026-11-21T10:00:00Z")
        return [
            ("201 or 204, then a time that is new", [key, before, written, written, times("2026-11-22T10:00:01Z")]),
            ("201 or 204, then the time of before for 3 s", [key, before, written, written, old, old, old]),
            (
                "201 or 204, then no such secret, then a time",
                [key, before, written, written, none, times("2026-11-22T10:00:01Z")]
            ),
            (
                "file: 201 or 204, then a time that is new",
                [key, file("2026-11-21T10:00:00Z"), written, file("2026-11-22T10:00:01Z")]
            ),
            (
                "variable: 201 or 204, then the key ID",
                [key, none, value("AKIAOLD"), written, written, value(HostSession.keyID)]
            ),
            (
                "variable: 201 or 204, then another value",
                [key, none, value("AKIAOLD"), written, written, value("AKIAOTHER")]
            ),
            ("200 that is not understood", [.status(200, "{}")]),
            ("a public key that is none", [.status(200, #"{"key_id":"1","key":"AAAA"}"#)]),
            (
                "301 to a repository's number",
                [
                    .status(301, "", ["location": "https://api.github.com/repositories/9/actions/secrets/public-key"]),
                    .status(200, #"{"id":9,"full_name":"acme/new"}"#),
                ]
            ),
            ("302 to a sign-in page", [.status(302, "", ["location": "https://sso.example/login?to=x"])]),
            ("3xx to elsewhere", [.status(302, "", ["location": "https://other.example/"])]),
            ("400", [key, before, Self.says(400, "Problems parsing JSON")]),
            ("401", [Self.says(401, "Bad credentials")]),
            (
                "403",
                [
                    Self.says(
                        403, "Resource not accessible by personal access token",
                        ["x-accepted-github-permissions": "secrets=write"])
                ]
            ),
            ("403 with `X-GitHub-SSO`", [Self.says(403, "Resource protected by SAML", ["x-github-sso": "required"])]),
            (
                "403 of an archived repository",
                [key, before, Self.says(403, "Repository was archived so is read-only.")]
            ),
            ("403 or 429 with `retry-after`", [Self.says(403, "Slow down", ["retry-after": "30"])]),
            (
                "403 or 429 with `x-ratelimit-remaining: 0`",
                [
                    Self.says(
                        403, "API rate limit exceeded",
                        ["x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795342200"])
                ]
            ),
            ("403 that speaks of a rate limit, any other 429", [Self.says(429, "Secondary rate limit")]),
            ("404", [Self.says(404, "Not Found")]),
            ("a web page", [.status(404, "<html>", ["content-type": "text/html"])]),
            (
                "a web page with 200, such as a sign-in page",
                [.status(200, "<!DOCTYPE html>", ["content-type": "text/html"])]
            ),
            (
                "a web page to the second write",
                [key, before, written, .status(404, "<html>", ["content-type": "text/html"])]
            ),
            ("203, from a proxy", [key, before, .status(203)]),
            ("202", [key, before, .status(202)]),
            (
                "403 of abuse detection, with no header field",
                [Self.says(403, "You have triggered an abuse detection mechanism.")]
            ),
            (
                "403 of an IP allow list",
                [
                    Self.says(
                        403,
                        "the `acme` organization has an IP allow list enabled, and your IP address is not permitted")
                ]
            ),
            ("503 with `retry-after`", [.status(503, "", ["retry-after": "20"])]),
            ("a malformed `retry-after`", [Self.says(429, "Slow down", ["retry-after": "soon"])]),
            ("a `retry-after` of a year", [Self.says(429, "Slow down", ["retry-after": "31536000"])]),
            ("407, from a proxy", [.status(407)]),
            ("409", [key, before, Self.says(409, "Conflict")]),
            ("422", [key, before, Self.says(422, "Validation Failed")]),
            (
                "422 to a public key from before, then another key",
                [key, before, written, written, times("2026-11-22T10:00:01Z")]
            ),
            ("5xx", [.status(502)]),
            ("no connection", [.error(KT_HTTP_UNREACHABLE)]), ("connection lost", [key, before, .error(KT_HTTP_LOST)]),
            ("no answer in time", [key, before, .error(KT_HTTP_TIMED_OUT)]),
            ("a certificate that cannot be trusted", [.error(KT_HTTP_TLS)]),
        ]
    }

    /// The same for an App, whose first request is for its installation.
    private let appAnswers: [(String, [Reply])] = [
        ("App: 401", [says(401, "A JSON web token could not be decoded")]),
        ("App: 404, no such App", [says(404, "Integration not found")]),
        ("App: 404, not installed there", [says(404, "Not Found")]),
        ("App: installation suspended", [.status(200, #"{"id":1,"suspended_at":"2026-01-01T00:00:00Z"}"#)]),
        (
            "App: 422, permission not granted",
            [.status(200, #"{"id":1}"#), says(422, "The permissions requested are not granted to this installation.")]
        ),
    ]

    @Test func `the table of answers is what the plugin makes of them`() throws {
        let app = #"{"app-id":1,"private-key":"\#(AppKey().pkcs8.replacing("\n", with: "\\n"))"}"#
        var lines = ["| response | outcome | what the operator reads |", "|---|---|---|"]
        for (label, replies) in pushes {
            let session = try HostSession(.github)
            if label.hasPrefix("422 to") {
                _ = session.push(Self.target, replies)
                let again = [before, Self.says(422, "the key ID is invalid"), key] + replies.dropFirst(2)
                lines.append(row(label, session.push(Self.target, again)))
            } else {
                let target =
                    label.hasPrefix("variable") ? Self.variable : label.hasPrefix("file") ? Self.file : Self.target
                lines.append(row(label, session.push(target, replies)))
            }
        }
        for (label, replies) in appAnswers {
            let session = try HostSession(.github, configuration: app)
            lines.append(row(label, session.push(Self.target, replies)))
        }
        try expect(lines, between: "responses")
    }

    @Test func `the table of fields is the manifest's`() throws {
        let text = try PluginLibrary.github.manifestFile
        let manifest = try JSONDecoder().decode(Fields.self, from: Data(text.utf8))
        var lines = ["| of | field | |", "|---|---|---|"]
        for (owner, group) in [("pusher", manifest.configuration), ("target", manifest.target)] {
            let start = try #require(text.firstRange(of: owner == "pusher" ? "\"configuration\"" : "\"target\": {"))
            let place = text[start.upperBound...]
            let named = group.properties.compactMap { name, field in
                place.firstRange(of: "\"\(name)\": {").map { (position: $0.lowerBound, name, field) }
            }
            for (_, name, field) in named.sorted(by: { $0.position < $1.position }) {
                let standard = field.standard.map { " Default `\($0)`." } ?? ""
                let secret = manifest.secrets.contains(name) ? "Secret. " : ""
                lines.append("| \(owner) | `\(name)` | \(secret)\(field.description)\(standard) |")
            }
        }
        try expect(lines, between: "fields")
    }

    private func row(_ label: String, _ end: Ending) -> String {
        #expect(end.unused == 0, "\(label)")
        return "| \(label) | \(outcomeName(end.outcome)) | \(end.message.replacing("|", with: "\\|")) |"
    }

    private func expect(_ lines: [String], between name: String) throws {
        let path = try PluginLibrary.github.directoryOfSources + "/README.md"
        let text = try contents(of: path)
        let start = try #require(text.firstRange(of: "<!-- \(name) -->\n"))
        let end = try #require(text.firstRange(of: "\n<!-- /\(name) -->"))
        let wanted = lines.joined(separator: "\n")
        if getenv("KEYTURN_WRITE_README") != nil {
            let whole = String(text[..<start.upperBound]) + wanted + text[end.lowerBound...]
            try Data(whole.utf8).write(to: URL(filePath: path))
        } else {
            let found = text[start.upperBound..<end.lowerBound].split(separator: "\n").map(String.init)
            #expect(found == lines, "run the tests once with KEYTURN_WRITE_README=1")
        }
    }
}

private func outcomeName(_ outcome: kt_outcome) -> String {
    let names: [kt_outcome: String] = [
        KT_OK: "ok", KT_UNCHANGED: "unchanged", KT_RETRYABLE: "retryable", KT_RATE_LIMITED: "rate-limited",
        KT_UNAUTHORIZED: "unauthorized", KT_NOT_FOUND: "not-found", KT_CONFLICT: "conflict",
        KT_INVALID_CONFIG: "invalid-config", KT_TIMED_OUT: "timed-out",
    ]
    return names[outcome] ?? "\(outcome)"
}

/// The parts of a manifest that make the table of fields.
private struct Fields: Decodable {
    let secrets: [String]
    let configuration: Group
    let target: Group

    struct Group: Decodable {
        let properties: [String: Field]
    }

    struct Field: Decodable {
        let description: String
        let standard: String?

        enum CodingKeys: String, CodingKey {
            case description
            case standard = "default"
        }
    }
}
