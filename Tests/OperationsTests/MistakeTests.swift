import Foundation
@testable import Operations
import Testing

@Suite("What is wrong with the configuration is said in one sentence with file and line, and nothing is changed")
struct MistakeTests {
    struct Mistake: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var piece: String
        var other: String
        var words: [String]
        /// 1 is the first one.
        var line: Int?

        init(_ description: String, _ piece: String, _ other: String, _ words: String..., line: Int? = nil) {
            (testDescription, self.piece, self.other, self.words, self.line) = (description, piece, other, words, line)
        }
    }

    @Test(
        "an unknown field, with the nearest known name",
        arguments: [
            Mistake("at the top", "version: 1", "version: 1\nsael-key: x", "`sael-key`", "`seal-key`?", line: 2),
            Mistake("in aws", "{ region: us-east-1, end", "{ regoin: us-east-1, end", "`regoin`", "`region`?", line: 4),
            Mistake("in a pusher", "gitlab.token }, endpoint", "gitlab.token }, endpiont", "`endpoint`?", line: 8),
            Mistake("in defaults", "overlap: 1h", "overlapp: 1h", "`overlapp`", "`overlap`?", line: 10),
            Mistake(
                "in a user", "cicd-bot:\n", "cicd-bot:\n    rotate-evry: 1h\n", "`rotate-every`?", line: 13),
            Mistake(
                "in a target", "github, repository: acme/app", "github, repository: acme/app, enviroment: x",
                "did you mean `environment`?", line: 17),
            Mistake("in plugins", "{ path: [] }", "{ path: [], pathh: x }", "did you mean `path`?", line: 5),
            Mistake(
                "in a user's aws", "aws: { region: us-east-1 }", "aws: { profil: x }", "did you mean `profile`?",
                line: 13),
            Mistake("a needed one", "    targets:", "    tragets:", "unknown field `tragets`", "`targets`?"),
        ])
    func unknownField(_ mistake: Mistake) async throws { try await expect(mistake) }

    @Test(
        "a value that cannot be",
        arguments: [
            Mistake(
                "a token written out", "{ env: TRAVIS_TOKEN }", "tok-1234567", "a secret is never written here",
                line: 7),
            Mistake("a seal key written out", "{ file: seal.key }", "c2VjcmV0", "never written here", line: 3),
            Mistake("a duration without a unit", "overlap: 1h", "overlap: 90", "duration", line: 10),
            Mistake("a duration below a second", "soak: 1h", "soak: 0s", "duration", line: 10),
            Mistake("a list for a mapping", "plugins: { path: [] }", "plugins: [x]", "`plugins`", "mapping", line: 5),
            Mistake("a large number", "soak: 1h", "max-attempts: 1000", "from 1 to 100", line: 10),
            Mistake("an unknown pusher", "pusher: travis", "pusher: travs", "did you mean `travis`?", line: 15),
            Mistake("an unknown plugin", "github-actions", "bamboo", "no plugin `bamboo`", line: 9),
            Mistake("a plugin of nearly that name", "travis-ci", "travis", "did you mean `travis-ci`?", line: 7),
            Mistake(
                "no targets",
                """
                      - { pusher: travis, repository: acme/app }
                      - { pusher: gitlab, project: acme/tools/app }
                      - { pusher: github, repository: acme/app }
                """, "      []", "at least one target"),
            Mistake(
                "a repository that is none", "travis, repository: acme/app", "travis, repository: app", "repository",
                line: 15),
            Mistake("a project and a group", "project: acme", "group: acme, project: acme", "targets[1]", line: 16),
            Mistake("no place at all", ", project: acme/tools/app", "", "targets[1]", line: 16),
            Mistake("a user name that IAM has not", "cicd-bot", "a b", "IAM user name", line: 12),
            Mistake(
                "two targets in one place", "{ pusher: gitlab, project: acme/tools/app }",
                "{ pusher: travis, repository: ACME/app }", "travis:ACME/app", "same place", "line 15", line: 16),
            Mistake("another version", "version: 1", "version: 2", "version", line: 1),
            Mistake("a state that is neither", "sqlite:state/keyturn.db", "mysql://x", "sqlite:", line: 2),
            Mistake(
                "a password in the state's address", "sqlite:state/keyturn.db",
                "postgresql://keyturn:hunter2@db.example.com/keyturn", "state-password", line: 2),
            Mistake(
                "a password among the settings of the state's address", "sqlite:state/keyturn.db",
                "postgres://db.example.com/keyturn?sslmode=require&password=hunter2", "state-password", line: 2),
            Mistake(
                "a password for a file", "sqlite:state/keyturn.db",
                "sqlite:state/keyturn.db\nstate-password: { env: PGPASSWORD }",
                "this one needs none", line: 3),
            Mistake(
                "a table that cannot be", "sqlite:state/keyturn.db", "dynamodb://a/b?region=us-east-1", "3 to 255",
                line: 2),
            Mistake(
                "a setting that no table has", "sqlite:state/keyturn.db", "dynamodb://keyturn?zone=a", "endpoint-url",
                line: 2),
            Mistake(
                "plain http to a table elsewhere", "sqlite:state/keyturn.db",
                "dynamodb://keyturn?endpoint-url=http://dynamodb.example.com", "endpoint-url", line: 2),
            Mistake("a state nowhere", "sqlite:state/keyturn.db", "sqlite:no/where.db", "no does not exist"),
            Mistake(
                "plain http elsewhere", "GITHUB_TOKEN }, endpoint: \"http://127.0.0.1:9\"",
                "GITHUB_TOKEN }, endpoint: \"http://ci.example.com\"", "`pushers.github.endpoint`", "http"),
            Mistake(
                "an endpoint that is not a URL", "GITHUB_TOKEN }, endpoint: \"http://127.0.0.1:9\"",
                "GITHUB_TOKEN }, endpoint: ci.example.com", "`pushers.github.endpoint`"),
            Mistake("a secret that is not set", "TRAVIS_TOKEN", "NOT_SET", "NOT_SET is not set", line: 7),
            Mistake("a secret nowhere", "gitlab.token", "no.token", "no.token", "cannot be read", line: 8),
            Mistake(
                "for whom a secret is needed", "gitlab.token", "no.token",
                "; it is needed for gitlab:acme/tools/app of cicd-bot", line: 8),
            Mistake(
                "a secret command that fails", "{ file: gitlab.token }", "{ command: [\"false\"] }",
                "ended with status 1"),
            Mistake("no seal key", "seal-key: { file: seal.key }\n", "", "`seal-key`", "keyturn init"),
            Mistake("a certificate nowhere", "version: 1", "version: 1\nca-file: ca.pem", "ca.pem", "cannot be read"),
        ])
    func value(_ mistake: Mistake) async throws { try await expect(mistake) }

    private func expect(_ mistake: Mistake) async throws {
        let directory = try Directory(Directory.configuration(mistake.piece, mistake.other))
        let sentence = await expectMistake(directory, line: mistake.line)
        for word in mistake.words { #expect(sentence.contains(word)) }
        // A secret that was written out is not repeated.
        #expect(!sentence.contains("tok-1234567") && !sentence.contains("c2VjcmV0"))
    }

    @Test(
        "a text that is not a configuration",
        arguments: [
            ("version: 1\nstate: [\n", Int?.none), ("version: 1\n\tstate: x\n", 2), ("version: 1\nversion: 1\n", 1),
            ("", nil), ("just words\n", 1), ("version: 1\nstate: &a [*a]\n", nil), ("\0", nil),
        ])
    func text(_ text: String, line: Int?) async throws { await expectMistake(try Directory(text), line: line) }

    @Test("a file whose aliases would grow without end")
    func aliases() async throws {
        let lines = zip("abcdef", "xabcde").map { name, inner in
            let item = inner == "x" ? "x" : "*\(inner)"
            return "\(name): &\(name) [\(Array(repeating: item, count: 9).joined(separator: ","))]"
        }
        await expectMistake(try Directory("version: 1\n" + lines.joined(separator: "\n") + "\n"))
    }

    @Test(
        "a seal key that is none, which is not repeated",
        arguments: [
            "", "c2hvcnQ=\n", "not base64 at all!\n", "\u{0}\u{1}\u{2}", String(repeating: "A", count: 100_000),
        ])
    func sealKey(_ key: String) async throws {
        let directory = try Directory()
        try directory.write("seal.key", key, mode: 0o600)
        let sentence = await expectMistake(directory, "seal-key")
        #expect(sentence.count < 500 && (key.count < 4 || !sentence.contains(key.prefix { $0 != "\n" })))
    }

    @Test("a seal key that others can read, with the command that fixes it", arguments: [0o640, 0o604, 0o644, 0o660])
    func openSealKey(mode: Int) async throws {
        let directory = try Directory()
        try directory.write("seal.key", "x", mode: mode)
        await expectFailure(.notAllowed, "seal.key can be read by others", "`chmod 600 ", of: directory) { context in
            var rotations = try await Rotations(context, isTimed: false)
            _ = try await rotations.rotate([], toTheEnd: false, despiteFreeze: false, display: nil)
        }
        let finding = try #require(
            await Doctor(directory.context).run(online: false).first { $0.subject == "secret" && $0.status != .done })
        #expect(finding.status == .notAllowed && finding.detail.contains("`chmod "))
    }

    @Test("a token that others can write is not allowed, and doctor says so as check does")
    func openToken() async throws {
        let directory = try Directory()
        try directory.write("gitlab.token", "glpat-12345678901234567890\n", mode: 0o666)
        let words = "gitlab.token: others can write it"
        await expectFailure(.notAllowed, words, "run `chmod go-w ", of: directory) { context in
            var check = try await ConfigurationCheck(context)
            _ = try await check.run([], online: false)
        }
        let findings = await Doctor(directory.context).run(online: false)
        #expect(findings.contains { $0.status == .notAllowed && $0.detail.contains(words) })
    }

    @Test(
        "a check says why a state cannot be made or opened, and makes nothing",
        arguments: [
            ("sqlite:no/where.db", "the directory ", "/no does not exist"),
            ("sqlite:seal.key/where.db", "/seal.key", " is not a directory"),
            ("sqlite:state", "/state: it is not a regular file", ""),
        ])
    func unusableState(state: String, words: String, end: String) async throws {
        let directory = try Directory(Directory.configuration("sqlite:state/keyturn.db", state))
        var sentence = ""
        var status = ExitStatus.done
        do {
            var check = try await ConfigurationCheck(directory.context)
            let findings = try await check.run([], online: false)
            (sentence, status) = (findings.first { $0.subject == "state" }?.detail ?? "", findings.map(\.status).worst)
        } catch let failure as OperationFailure { (sentence, status) = (failure.message, failure.status) }
        #expect(sentence.contains(words) && (end.isEmpty || sentence.contains(end)), "\(sentence)")
        #expect(status == .configuration || state == "sqlite:state", "\(status)")
        #expect(try directory.stateFiles.isEmpty)
    }

    @Test(
        "a check says that the program of `after-rotation` cannot be started",
        arguments: [
            ("./no-program", ExitStatus.configuration), ("no-program", .configuration), ("/etc/passwd", .notAllowed),
        ])
    func missingProgram(program: String, status: ExitStatus) async throws {
        let directory = try Directory(
            Directory.configuration("cicd-bot:\n", "cicd-bot:\n    after-rotation: { command: [\(program)] }\n"))
        var check = try await ConfigurationCheck(directory.context)
        let finding = try #require(try await check.run([], online: false).first { $0.subject == "notifications" })
        #expect(finding.status == status && finding.detail.contains(program), "\(finding)")
        #expect(finding.detail.hasPrefix("after-rotation of cicd-bot: "))
    }

    @Test("a target where a scope is meant is called one, with what a scope looks like and no pattern")
    func targetAsScope() throws {
        let directory = try Directory(
            Directory.configuration("github, repository: acme/app", "github, organization: acme"))
        let scopes = FindScopes(loaded: try LoadedConfiguration(directory.context))
        #expect(try scopes.scopes(["github:acme"], pushers: []).map(\.text) == ["github:acme"])
        let file = try Directory(
            Directory.configuration(
                "github: { plugin: github-actions, token: { env: GITHUB_TOKEN }, endpoint: \"http://127.0.0.1:9\" }",
                "github: { plugin: file }"
            )
            .replacing("pusher: github, repository: acme/app", with: "pusher: github, path: /srv/ci/credentials"))
        let failure = #expect(throws: OperationFailure.self) {
            try FindScopes(loaded: try LoadedConfiguration(file.context)).scopes(["github:acme"], pushers: [])
        }
        let sentence = failure?.message ?? ""
        #expect(
            sentence.hasPrefix("github:acme is not a scope of github: acme does not fit: The absolute path of a folder")
        )
        #expect(sentence.contains("such as /srv/ci") && !sentence.contains("^"), "\(sentence)")
        let unnamed = #expect(throws: OperationFailure.self) {
            try FindScopes(loaded: try LoadedConfiguration(file.context)).scopes([], pushers: ["github"])
        }
        #expect(unnamed?.message.hasSuffix("such as `keyturn find github:/srv/ci`") == true)
    }

    @Test("doctor says that --online had nothing to ask where there is no configuration")
    func nothingOnline() async throws {
        let directory = try Directory()
        var context = directory.context
        (context.file, context.environment["KEYTURN_CONFIG"]) = (directory.path + "/none.yaml", nil)
        let findings = await Doctor(context).run(online: true)
        #expect(findings.contains { $0.detail == "--online had nothing to ask" })
        let offline = await Doctor(context).run(online: false)
        #expect(!offline.contains { $0.detail == "--online had nothing to ask" })
    }

    @Test("a seal key that is not there")
    func noSealKey() async throws {
        let directory = try Directory()
        try FileManager.default.removeItem(atPath: directory.path + "/seal.key")
        await expectMistake(directory, "seal.key is missing", "Put the key back", "`keyturn seal-key new --out ")
    }

    @Test("a state that others could replace is not allowed")
    func openState() async throws {
        let directory = try Directory()
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o777], ofItemAtPath: directory.path + "/state")
        await expectFailure(.notAllowed, "`state` is not used", of: directory) { _ = try LoadedConfiguration($0) }
    }

    @Test("no configuration at all: where it was looked for, and what writes one")
    func none() async throws {
        let directory = try Directory()
        var context = directory.context
        context.file = directory.path + "/none.yaml"
        await expectFailure(.configuration, "none.yaml", of: directory) { [context] _ in
            _ = try LoadedConfiguration(context)
        }
        context.file = nil
        context.environment["KEYTURN_CONFIG"] = directory.path + "/other.yaml"
        await expectFailure(.configuration, "other.yaml", of: directory) { [context] _ in
            _ = try LoadedConfiguration(context)
        }
    }

    @Test("an unknown user: the one that was meant, else all that there are")
    func unknownUser() async throws {
        let directory = try Directory()
        for (name, words) in [("nobody", "it has: cicd-bot"), ("cicdbot", "did you mean `cicd-bot`?")] {
            await expectFailure(.failed, "has no user `\(name)`", words, of: directory) { context in
                _ = try await Orders(context).retry([name])
            }
        }
    }
}
