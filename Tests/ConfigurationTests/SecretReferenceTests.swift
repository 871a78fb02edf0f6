import Configuration
import Foundation
import JSON
import Secrets
import Testing

@Suite("Secrets of the configuration")
struct SecretReferenceTests {
    private func complaint(_ token: String, environment: [String: String] = [:]) -> String? {
        do { _ = try resolve(token, environment) } catch { return error.message }
        return nil
    }

    private func resolve(
        _ token: String, _ environment: [String: String] = [:]
    ) throws(ConfigurationError) -> (configuration: Secret, secrets: [Secret], endpoint: String?) {
        let text = Sample.full.replacing("token: { env: TRAVIS_TOKEN }", with: "token: \(token)")
        return try Sample.resolve(text).pushers[0].resolve(environment: environment)
    }

    @Test("a secret is never a plain text, and what was written is not repeated")
    func plain() {
        for token in ["hunter2hunter2", "'hunter2hunter2'", "5", "[hunter2hunter2]"] {
            let text = Sample.full.replacing("token: { env: TRAVIS_TOKEN }", with: "token: \(token)")
            expectComplaint(
                text,
                "9: `pushers.travis.token` is a secret, and a secret is never written here: use { env: NAME }, "
                    + "{ file: PATH }, { command: [ARG, …] }, { secretsmanager: NAME } or { ssm: NAME }")
        }
        #expect(complaint("hunter2hunter2")?.contains("hunter2") == false)
    }

    @Test(
        "other forms of a reference are refused",
        arguments: [
            "{ environment: X }", "{ env: X, file: Y }", "{}", "{ env: '' }", "{ env: [X] }", "{ command: pass }",
            "{ command: [] }", "{ command: [1] }", "{ file: 5 }", "{ env: X, environment: [Y] }",
            "{ ssm: '' }", "{ ssm: 'a b' }", "{ ssm: /a, key: b }", "{ secretsmanager: [a] }", "{ env: X, key: b }",
            "{ secretsmanager: a, environment: [X] }", "{ key: a }",
        ])
    func forms(token: String) {
        #expect(
            complaint(token)
                == "`pushers.travis.token` must be { env: NAME }, { file: PATH }, { command: [ARG, …] }, { secretsmanager: NAME } or { ssm: NAME }"
        )
    }

    @Test("the seal key is a secret too")
    func sealKey() {
        let text = Sample.full.replacing("seal-key: { file: /etc/keyturn/seal.key }", with: "seal-key: abc")
        #expect(
            Sample.complaint(text)?.hasPrefix("3: `seal-key` is a secret, and a secret is never written here") == true)
    }

    @Test("an environment variable is taken, without line breaks at its end")
    func environment() throws {
        let (configuration, secrets, _) = try resolve("{ env: X }", ["X": "tok/en\"1\r\n\n"])
        #expect(secrets == [.text("tok/en\"1")])
        let json = try JSONValue(parsing: configuration.withBytes { String(decoding: $0, as: UTF8.self) })
        #expect(json == .object(["token": .string("tok/en\"1")]))
    }

    @Test("a variable that is not set, or empty, is reported by its name and the line")
    func missingVariable() throws {
        for environment in [[:], ["X": ""]] {
            #expect(
                complaint("{ env: X }", environment: environment)
                    == "`pushers.travis.token`: the environment variable X is not set")
        }
        #expect(complaint("{ env: X }", environment: ["X": "\n"]) == "`pushers.travis.token`: the secret is empty")
        let pusher = try Sample.resolve(Sample.full).pushers[0]
        let error = #expect(throws: ConfigurationError.self) { try pusher.resolve(environment: [:]) }
        #expect(error?.line == 9)
        #expect(error?.file == Sample.file)
    }

    @Test("a file is read; one that is missing or empty is reported")
    func file() throws {
        let path = NSTemporaryDirectory() + "/keyturn-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(
            complaint("{ file: \(path) }")
                == "`pushers.travis.token`: \(path) cannot be read: No such file or directory")
        try "".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(complaint("{ file: \(path) }") == "`pushers.travis.token`: the secret is empty")
        try "from-a-file\n".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try resolve("{ file: \(path) }").secrets == [.text("from-a-file")])
        try String(repeating: "x", count: 70_000).write(toFile: path, atomically: true, encoding: .utf8)
        #expect(complaint("{ file: \(path) }") == "`pushers.travis.token`: the secret is longer than 65536 bytes")
        try "\u{0}\u{1}binary".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(
            complaint("{ file: \(path) }")
                == "`pushers.travis.token`: the secret holds control characters, so it is not text")
    }

    @Test("a command's output is taken; one that fails, says nothing or is not there is reported, without its output")
    func command() throws {
        let environment = ["PATH": "/usr/bin:/bin"]
        #expect(try resolve("{ command: [echo, from-a-command] }", environment).secrets == [.text("from-a-command")])
        for (words, told) in [
            (
                "[sh, -c, 'echo hunter2; echo hunter2 >&2; exit 3']",
                "the command sh ended with status 3; the last line that it wrote to stderr: [redacted]; nothing was changed; "
            ), ("[sh, -c, 'kill -9 $$']", "the command sh was ended by signal 9 (Killed); nothing was changed; "),
            ("['true']", "the secret is empty"),
            (
                "[no-such-command-here]",
                "the command no-such-command-here cannot be started: No such file or directory; "
            ),
        ] {
            let complaint = complaint("{ command: \(words) }", environment: environment)
            #expect(complaint?.hasPrefix("`pushers.travis.token`: \(told)") == true)
        }
    }

    @Test("what AWS keeps is taken as it was fetched, and is an error where it was not")
    func keptByAWS() throws {
        for (token, source) in [
            ("{ secretsmanager: ci/travis }", SecretReference.Source.secretsManager("ci/travis", key: nil)),
            ("{ secretsmanager: ci/travis, key: token }", .secretsManager("ci/travis", key: "token")),
            ("{ ssm: /ci/travis }", .parameter("/ci/travis")),
        ] {
            let text = Sample.full.replacing("token: { env: TRAVIS_TOKEN }", with: "token: \(token)")
            let pusher = try Sample.resolve(text).pushers[0]
            #expect(pusher.secretReferences.map(\.source) == [source])
            var fetched = FetchedSecrets()
            #expect(throws: ConfigurationError.self) { try pusher.resolve(environment: [:], fetched: fetched) }
            fetched[source] = .text("from-aws\n")
            #expect(try pusher.resolve(environment: [:], fetched: fetched).secrets == [.text("from-aws")])
        }
    }

    @Test("any field of a pusher may be a reference, but not one that the plugin does not know, nor the endpoint")
    func otherFields() throws {
        let open = Sample.small(
            pushers: ["own: { plugin: open, user: { env: NAME } }"], targets: ["pusher: own, room: a"])
        let pusher = try #require(try Sample.resolve(open).pushers.last)
        #expect(throws: ConfigurationError.self) { try pusher.resolve(environment: [:]) }
        #expect(try pusher.resolve(environment: ["NAME": "ada"]).configuration == .text(#"{"user":"ada"}"#))
        let piece = "endpoint: https://gitlab.example.com"
        expectComplaint(
            Sample.full.replacing(piece, with: "endpiont: { env: URL }"),
            "10: unknown field `endpiont` in `pushers.gitlab`; did you mean `endpoint`?")
        expectComplaint(
            Sample.full.replacing(piece, with: "endpoint: { env: URL }"),
            "10: `pushers.gitlab.endpoint` must be written here: it says which service the pusher may reach")
    }

    @Test("an endpoint may be a secret where the plugin says so: then its parts are, too")
    func hiddenEndpoint() throws {
        let text = Sample.small(
            pushers: ["hook: { plugin: hook, token: { env: T }, endpoint: { env: URL } }"],
            targets: ["pusher: hook, path: /a"])
        let resolved = try Sample.resolve(text)
        let pusher = try #require(resolved.pushers.last)
        #expect(pusher.endpoint == nil)
        #expect(resolved.users[0].targets[0].identity?.hasPrefix("hook secret env URL ") == true)
        let url = "https://hooks.example.com/t0ken-0123456789/x"
        let (configuration, secrets, endpoint) = try pusher.resolve(environment: ["T": "t", "URL": url])
        #expect(endpoint == url && configuration == .text(#"{"endpoint":"\#(url)","token":"t"}"#))
        #expect(secrets == [.text("t"), .text(url), .text("hooks.example.com"), .text("t0ken-0123456789")])
        let plain = text.replacing("{ env: URL }", with: "https://hooks.example.com")
        #expect(try Sample.resolve(plain).pushers.last?.endpoint == "https://hooks.example.com")
    }

    @Test("a pusher's file of authorities is keyturn's own field, relative to the configuration")
    func authorities() throws {
        func pushers(_ value: String) -> String {
            Sample.small(
                pushers: ["own: { plugin: gitlab-ci, token: { env: T }, ca-file: \(value) }"],
                targets: ["pusher: own, project: a/b"])
        }
        let pusher = try #require(try Sample.resolve(pushers("pki/ca.pem")).pushers.last)
        #expect(pusher.authorities == "/etc/keyturn/pki/ca.pem")
        #expect(try pusher.resolve(environment: ["T": "12345678"]).configuration == .text(#"{"token":"12345678"}"#))
        expectComplaint(pushers("[a]"), "8: `pushers.own.ca-file` must be the path of a PEM file")
        expectComplaint(pushers("{ env: CA }"), "8: `pushers.own.ca-file` must be the path of a PEM file")
    }
}
