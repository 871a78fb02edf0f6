import Configuration
import Testing

@Suite("Names of targets")
struct NamingTests {
    @Test(
        "are pusher and place; what is as usual is left out",
        arguments: [
            ("pusher: travis, repository: acme/app", "travis:acme/app"),
            ("pusher: travis, repository: acme/app, branch: main", "travis:acme/app@main"),
            ("pusher: travis, repository: 815", "travis:815"),
            ("pusher: gitlab, project: acme/tools/app", "gitlab:acme/tools/app"),
            ("pusher: gitlab, project: acme/app, environment-scope: production", "gitlab:acme/app@production"),
            ("pusher: gitlab, project: acme/app, environment-scope: '*'", "gitlab:acme/app"),
            ("pusher: gitlab, group: acme, masked: true, protected: false", "gitlab:acme"),
            ("pusher: gitlab, instance: true", "gitlab:instance"),
            ("pusher: gitlab, project: a/b, shape: pair", "gitlab:a/b"),
            ("pusher: gitlab, project: a/b, shape: credentials-file", "gitlab:a/b#AWS_SHARED_CREDENTIALS_FILE"),
            ("pusher: gitlab, project: a/b, shape: credentials-file, credentials-file: F", "gitlab:a/b#F"),
            ("pusher: github, repository: acme/app, environment: prod", "github:acme/app@prod"),
            ("pusher: github, organization: acme, kind: actions", "github:acme"),
            ("pusher: github, organization: acme, kind: dependabot", "github:acme@dependabot"),
            ("pusher: github, repository: acme/app, access-key-id: DEPLOY_KEY_ID", "github:acme/app#DEPLOY_KEY_ID"),
            ("pusher: github, repository: acme/app, access-key-id: AWS_ACCESS_KEY_ID", "github:acme/app"),
            ("pusher: github, repository: acme/app, secret-access-key: OTHER", "github:acme/app"),
        ])
    func names(target: String, name: String) throws { #expect(try Sample.names([target]) == [name]) }

    @Test("of a plugin that names no place are made of all its fields")
    func noPlace() throws {
        let pushers = ["own: { plugin: open }"]
        #expect(try Sample.names(["pusher: own, room: 5, house: red"], pushers: pushers) == ["own:red@5"])
        #expect(try Sample.names(["pusher: own"], pushers: pushers) == ["own:default"])
    }

    @Test("one place stands once: by the same name, another case, or another pusher of the same plugin")
    func onePlace() {
        let same =
            "target `travis:acme/app` is the same place as `travis:acme/app` in line 11: both write AWS_ACCESS_KEY_ID"
        expectComplaint(
            Sample.small(targets: ["pusher: travis, repository: acme/app", "pusher: travis, repository: acme/app"]),
            "12: " + same)
        expectComplaint(
            Sample.small(targets: ["pusher: travis, repository: acme/app", "pusher: travis, repository: Acme/App"]),
            "12: target `travis:Acme/App` is the same place as `travis:acme/app` in line 11: both write AWS_ACCESS_KEY_ID"
        )
        expectComplaint(
            Sample.small(
                pushers: ["second: { plugin: travis-ci, token: { env: U } }"],
                targets: ["pusher: travis, repository: acme/app", "pusher: second, repository: acme/app"]),
            "13: target `second:acme/app` is the same place as `travis:acme/app` in line 12: both write AWS_ACCESS_KEY_ID"
        )
    }

    @Test(
        "the usual endpoint, written out or with a slash at its end, is the same service",
        arguments: [
            "https://service.example", "https://service.example/", "https://SERVICE.example",
        ])
    func writtenOutEndpoint(endpoint: String) {
        let text = Sample.small(
            pushers: ["second: { plugin: travis-ci, token: { env: U }, endpoint: '\(endpoint)' }"],
            targets: ["pusher: travis, repository: acme/app", "pusher: second, repository: acme/app"])
        #expect(Sample.complaint(text)?.contains("is the same place as `travis:acme/app` in line 12") == true)
    }

    @Test("two places that share one variable collide, even with another name for the other one")
    func oneVariable() {
        let complaint = Sample.complaint(
            Sample.small(targets: [
                "pusher: travis, repository: a/a", "pusher: travis, repository: a/a, access-key-id: OTHER",
            ]))
        #expect(complaint?.hasSuffix("in line 11: both write AWS_SECRET_ACCESS_KEY") == true)
    }

    @Test("a target with one variable collides with others that write this one, and with none next to it")
    func oneValue() throws {
        let file = "pusher: gitlab, project: a/a, shape: credentials-file"
        let complaint = Sample.complaint(Sample.small(targets: [file, file]))
        #expect(complaint?.hasSuffix("in line 11: both write AWS_SHARED_CREDENTIALS_FILE") == true)
        let crossed = Sample.complaint(
            Sample.small(targets: [file, "pusher: gitlab, project: a/a, access-key-id: AWS_SHARED_CREDENTIALS_FILE"]))
        #expect(crossed?.hasSuffix("in line 11: both write AWS_SHARED_CREDENTIALS_FILE") == true)
        let resolved = try Sample.resolve(
            Sample.small(targets: [file, "\(file), credentials-file: OTHER", "pusher: gitlab, project: a/a"]))
        #expect(
            resolved.users.flatMap(\.targets).map(\.variables) == [
                ["AWS_SHARED_CREDENTIALS_FILE"], ["OTHER"], ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
            ])
    }

    @Test("a name for a variable that the shape does not write is a mistake")
    func unusedVariable() {
        expectComplaint(
            Sample.small(targets: ["pusher: gitlab, project: a/a, shape: credentials-file, access-key-id: K"]),
            "11: `users.bot.targets[0].access-key-id` has no effect with `shape: credentials-file`: leave one of the two out"
        )
        expectComplaint(
            Sample.small(targets: ["pusher: gitlab, project: a/a, credentials-file: F"]),
            "11: `users.bot.targets[0].credentials-file` has no effect with `shape: pair`: leave one of the two out")
    }

    @Test("two targets of one user or of two users collide alike")
    func acrossUsers() {
        let text =
            Sample.small(targets: ["pusher: travis, repository: a/a"]) + """

                  other:
                    targets:
                      - { pusher: travis, repository: a/a }
                """
        #expect(Sample.complaint(text)?.contains("is the same place as `travis:a/a` in line 11") == true)
    }

    @Test("other variables, scopes, branches, plugins and services are other places")
    func otherPlaces() throws {
        let names = try Sample.names(
            [
                "pusher: travis, repository: a/a", "pusher: travis, repository: a/a, branch: main",
                "pusher: travis, repository: a/a, access-key-id: K, secret-access-key: S",
                "pusher: gitlab, project: a/a", "pusher: gitlab, project: a/a, environment-scope: x",
                "pusher: github, repository: a/a", "pusher: enterprise, repository: a/a",
            ], pushers: ["enterprise: { plugin: travis-ci, token: { env: T }, endpoint: 'https://travis.example/api' }"]
        )
        #expect(Set(names).count == 7)
    }
}
