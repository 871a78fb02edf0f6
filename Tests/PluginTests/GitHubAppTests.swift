import CKeyturnPusher
import Foundation
import Synchronization
import Testing

/// A GitHub App in place of a token.
@Suite struct GitHubAppTests {
    private static let names =
        #""access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#
    private static let key = AppKey()
    private static let token = "ghs_0123456789abcdefghijklmnopqrstuvwxyz"
    private let target = #"{"repository":"Acme/app",\#(names)}"#
    private let api = "https://api.github.com"
    private let subject = "GitHub: Acme/app: "
    private let installed = Reply.status(200, #"{"id":456,"account":{"login":"Acme"},"suspended_at":null}"#)
    private static func times(_ time: String) -> Reply {
        .status(
            200,
            #"{"total_count":2,"secrets":[{"name":"AWS_ACCESS_KEY_ID","updated_at":"\#(time)"},"#
                + #"{"name":"AWS_SECRET_ACCESS_KEY","updated_at":"\#(time)"}]}"#)
    }

    private var publicKey: Reply {
        .status(200, #"{"key_id":"568250167242549743","key":"\#(SealingKey().publicKey)"}"#)
    }
    private var push: [Reply] {
        [
            publicKey, Self.times("2026-11-21T10:00:00Z"), .status(204), .status(204),
            Self.times("2026-11-22T10:00:01Z"),
        ]
    }

    private func grant(_ token: String = token, until end: String = "2026-11-22T11:00:00Z") -> Reply {
        .status(201, #"{"token":"\#(token)","expires_at":"\#(end)","permissions":{"secrets":"write"}}"#)
    }

    private func error(_ status: UInt32, _ message: String) -> Reply {
        .status(status, #"{"message":"\#(message)"}"#)
    }

    private func session(
        id: String = "123", pem: String? = nil, installation: Int? = nil
    ) throws -> HostSession {
        let pem = (pem ?? Self.key.pkcs1).split(separator: "\n", omittingEmptySubsequences: false)
            .joined(separator: "\\n")
        let installation = installation.map { #","installation-id":\#($0)"# } ?? ""
        return try HostSession(
            .github, configuration: #"{"app-id":\#(id),"private-key":"\#(pem)"\#(installation)}"#)
    }

    @Test(arguments: [true, false]) func `the App signs, finds its installation and gets a token`(isPKCS1: Bool) throws
    {
        let session = try session(pem: isPKCS1 ? Self.key.pkcs1 : Self.key.pkcs8)
        let end = session.push(target, [installed, grant()] + push)
        end.expect(KT_OK, subject)
        #expect(
            end.lines.prefix(3) == [
                "GET \(api)/repos/Acme/app/installation", "POST \(api)/app/installations/456/access_tokens",
                "GET \(api)/repos/Acme/app/actions/secrets/public-key",
            ])
        for request in end.requests.prefix(2) {
            let assertion = try #require(request.headers["Authorization"]).dropFirst("Bearer ".count)
            let claims = try #require(Self.key.claims(String(assertion)))
            let now = hostTime / 1_000
            #expect(claims == ["iss": .text("123"), "iat": .number(now - 60), "exp": .number(now + 540)])
        }
        #expect(end.requests[1].body == #"{"permissions":{"secrets":"write"}}"#)
        #expect(end.requests.dropFirst(2).allSatisfy { $0.headers["Authorization"] == "Bearer \(Self.token)" })
    }

    @Test func `an installation that is named is not looked for, and a client ID will do`() throws {
        let end = try session(id: #""Iv1.abc""#, installation: 9).push(target, [grant()] + push)
        end.expect(KT_OK, subject)
        #expect(end.lines[0] == "POST \(api)/app/installations/9/access_tokens")
        let assertion = try #require(end.requests[0].headers["Authorization"]).dropFirst("Bearer ".count)
        #expect(Self.key.claims(String(assertion))?["iss"] == .text("Iv1.abc"))
    }

    @Test func `an organization's installation is found by its name`() throws {
        let end = try session().push(#"{"organization":"Acme",\#(Self.names)}"#, [installed, grant(), .status(500)])
        #expect(end.lines[0] == "GET \(api)/orgs/acme/installation")
        #expect(end.requests[1].body == #"{"permissions":{"organization_secrets":"write"}}"#)
    }

    @Test func `a permission whose name GitHub does not document is not asked for by name`() throws {
        let end = try session().push(
            #"{"repository":"Acme/app","kind":"codespaces",\#(Self.names)}"#, [installed, grant(), .status(500)])
        #expect(end.requests[1].body == "{}")
    }

    @Test func `a token serves all targets of its owner, until five minutes before its end`() throws {
        let session = try session()
        #expect(session.push(target, [installed, grant(until: "2026-11-22T10:05:30Z")] + push).outcome == KT_OK)
        let other = #"{"repository":"acme/other",\#(Self.names)}"#
        #expect(session.push(other, push).unused == 0)
        // GitHub's clock counts for the end: here it is a minute ahead, so that half a minute is missing.
        var ahead = grant("ghs_second", until: "2026-11-22T10:05:30Z")
        ahead.headers = ["date": "Sun, 22 Nov 2026 10:01:00 GMT"]
        let elsewhere = #"{"repository":"zeta/app",\#(Self.names)}"#
        let replies = [installed, ahead, publicKey, installed, grant("ghs_third")] + push.dropFirst()
        let end = session.push(elsewhere, replies)
        #expect(end.outcome == KT_OK && end.unused == 0)
        #expect(end.requests[2].headers["Authorization"] == "Bearer ghs_second")
        #expect(end.requests[5].headers["Authorization"] == "Bearer ghs_third")
    }

    @Test func `a refused token is replaced once`() throws {
        let session = try session()
        let refused = error(401, "Bad credentials")
        let end = session.push(target, [installed, grant(), refused, installed, grant("ghs_new")] + push)
        end.expect(KT_OK, subject)
        #expect(end.requests[5].line == end.requests[2].line && end.unused == 0)
        #expect(end.requests[5].headers["Authorization"] == "Bearer ghs_new")
        let both = try self.session().push(target, [installed, grant(), refused, installed, grant(), refused, refused])
        both.expect(KT_UNAUTHORIZED, subject + "401 (Bad credentials): ")
        #expect(both.unused == 1)
    }

    @Test func `calls at the same time ask for one token`() async throws {
        nonisolated(unsafe) let shared = try session()
        let tokens = Atomic(0)
        let (installed, grant, push) = (installed, grant(), push)
        let answer: @Sendable (Recorded) -> Reply = { request in
            switch request.line {
            case let line where line.hasSuffix("/installation"): return installed
            case let line where line.hasSuffix("/access_tokens"):
                tokens.add(1, ordering: .relaxed)
                return grant
            case let line where line.hasSuffix("/public-key"): return push[0]
            case let line where line.hasPrefix("PUT"): return push[2]
            default: return push[1]
            }
        }
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<50 {
                group.addTask {
                    let session = HostSession(sharing: shared)
                    session.answering = answer
                    return session.push(#"{"repository":"acme/app-\#(number)",\#(Self.names)}"#, []).outcome == KT_OK
                }
            }
            for await isRight in group { #expect(isRight) }
        }
        #expect(tokens.load(ordering: .relaxed) == 1)
    }

    @Test func `what keeps an App from its token has a sentence of its own`() throws {
        let lookup: [(Reply, kt_outcome, String)] = [
            (error(401, "A JSON web token could not be decoded"), KT_UNAUTHORIZED, "check app-id, private-key and"),
            (error(404, "Integration not found"), KT_UNAUTHORIZED, "no App of that app-id"),
            (error(404, "Not Found"), KT_NOT_FOUND, "install the App in acme"),
            (.status(200, #"{"id":1,"suspended_at":"2026-01-01T00:00:00Z"}"#), KT_UNAUTHORIZED, "suspended"),
            (.status(200, "{}"), KT_RETRYABLE, "not understood"), (.status(502), KT_RETRYABLE, "502"),
        ]
        for (reply, outcome, text) in lookup {
            let end = try session().push(target, [reply])
            end.expect(outcome, subject, text)
            #expect(end.requests.count == 1)
        }
        let tokens: [(Reply, kt_outcome, String)] = [
            (error(403, "This installation has been suspended"), KT_UNAUTHORIZED, "have an owner of acme unsuspend it"),
            (error(404, "Not Found"), KT_NOT_FOUND, "the App has no installation 9"),
            (
                error(422, "The permissions requested are not granted to this installation."), KT_UNAUTHORIZED,
                "the App lacks secrets: give it write access to Secrets"
            ),
            (error(403, "You have exceeded a secondary rate limit."), KT_RATE_LIMITED, "rate limit"),
            (.status(201, #"{"token":"","expires_at":"2026-11-22T11:00:00Z"}"#), KT_RETRYABLE, "not understood"),
            (.status(201, #"{"token":"ghs_1","expires_at":"soon"}"#), KT_RETRYABLE, "not understood"),
        ]
        for (reply, outcome, text) in tokens {
            let end = try session(installation: 9).push(target, [reply])
            end.expect(outcome, subject, text)
            #expect(end.requests.count == 1)
        }
    }

    @Test func `a token that GitHub repeats is not shown`() throws {
        let end = try session().push(target, [installed, grant(), error(403, "no rights: \(Self.token)!")])
        end.expect(KT_UNAUTHORIZED, subject + "403 (no rights: [redacted]!): ", "give the App write access to Secrets")
        #expect(!end.message.contains("0123456789"))
    }

    /// How keys look that went through a variable of a CI system, a shell or YAML.
    static let pasted: [(String, @Sendable (String) -> String)] = [
        ("escaped line ends", { $0.replacing("\n", with: #"\n"#) }),
        ("escaped line ends of Windows", { $0.replacing("\n", with: #"\r\n"#) }),
        ("blanks for line ends", { $0.replacing("\n", with: " ") }), ("no line ends", { $0.replacing("\n", with: "") }),
        ("line ends of Windows", { $0.replacing("\n", with: "\r\n") }), ("quotes", { "\"\($0)\"" }),
        ("quotes and escapes", { "'" + $0.replacing("\n", with: #"\n"#) + "' " }),
        ("blanks around", { "\n  \($0)\n\n" }), ("further in", { $0.replacing("\n", with: "\n    ") }),
        ("base64", { Data($0.utf8).base64EncodedString() }),
        ("base64 in lines", { Data($0.utf8).base64EncodedString(options: [.lineLength76Characters]) }),
        ("base64 of escapes", { Data($0.replacing("\n", with: #"\n"#).utf8).base64EncodedString() }),
        ("the part in the middle", { $0.split(separator: "\n").dropFirst().dropLast().joined(separator: "\n") }),
    ]

    @Test(arguments: pasted.indices, [true, false]) func `a key is read however it was pasted`(
        index: Int, isPKCS1: Bool
    ) throws {
        let text = Self.pasted[index].1(isPKCS1 ? Self.key.pkcs1 : Self.key.pkcs8)
        let body = try JSONEncoder().encode(["app-id": "123", "private-key": text])
        let session = try HostSession(.github, configuration: String(decoding: body, as: UTF8.self))
        #expect(session.openOutcome == KT_OK, "\(Self.pasted[index].0)")
        let end = session.push(target, [installed, grant()] + push)
        end.expect(KT_OK, subject)
        let assertion = try #require(end.requests[0].headers["Authorization"]).dropFirst("Bearer ".count)
        #expect(Self.key.claims(String(assertion))?["iss"] == .text("123"))
    }

    @Test func `a key that cannot sign is refused before anything is sent`() throws {
        for pem in ["", "none", Self.key.publicKey, Self.key.encrypted, String(Self.key.pkcs8.dropLast(200))] {
            let session = try session(pem: pem)
            #expect(session.openOutcome == KT_INVALID_CONFIG)
            #expect(session.report?.message.hasPrefix("GitHub: private-key is not an RSA private key in PEM") == true)
        }
    }

    @Test(arguments: [
        "{}", #"{"app-id":1}"#, #"{"private-key":"x"}"#, #"{"token":"t","app-id":1,"private-key":"x"}"#,
        #"{"token":"t","installation-id":1}"#,
    ])
    func `a pusher has a token or an App`(configuration: String) throws {
        let session = try HostSession(.github, configuration: configuration)
        #expect(session.openOutcome == KT_INVALID_CONFIG)
        #expect(session.report?.message.hasPrefix("GitHub: ") == true)
    }
}
