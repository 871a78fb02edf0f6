import Configuration
import Testing

@Suite("A mistake is told with file, line and a clear sentence")
struct MistakeTests {
    /// The example with one piece replaced.
    private func example(_ piece: String, _ other: String, sourceLocation: SourceLocation = #_sourceLocation) -> String
    {
        #expect(Sample.full.contains(piece), sourceLocation: sourceLocation)
        return Sample.full.replacing(piece, with: other, maxReplacements: 1)
    }

    @Test("unknown fields get the nearest name, at every level")
    func unknownFields() {
        let cases = [
            ("state: sqlite", "stat: x\nstate: sqlite", "2: unknown field `stat`; did you mean `state`?"),
            ("region: us", "regoin: x\n  region: us", "5: unknown field `regoin` in `aws`; did you mean `region`?"),
            ("lock: key", "lok: x, lock: key", "7: unknown field `lok` in `plugins`; did you mean `lock`?"),
            (
                "lock: key", "indexes: [{ url: 'https://a.example/i', signer: key }], lock: key",
                "7: `plugins.indexes[0].signer` must be the 32 bytes of an Ed25519 public key, in base64"
            ),
            (
                "lock: key", "indexes: [{ url: 'http://a.example/i', signer: x }], lock: key",
                "7: `plugins.indexes[0].url` must be a URL that begins with https://, or with http:// for this machine"
            ),
            ("soak: 1h", "soack: 1h", "12: unknown field `soack` in `defaults`; did you mean `soak`?"),
            (
                "rotate-every: 12h", "rotate_every: 12h",
                "15: unknown field `rotate_every` in `users.cicd-bot`; did you mean `rotate-every`?"
            ),
            (
                "token: { env: TRAVIS_TOKEN }", "token: { env: TRAVIS_TOKEN }, endpiont: x",
                "9: unknown field `endpiont` in `pushers.travis`; did you mean `endpoint`?"
            ),
            (
                "repository: acme/app }", "repository: acme/app, brunch: main }",
                "17: unknown field `brunch` in `users.cicd-bot.targets[0]`; did you mean `branch`?"
            ),
        ]
        for (piece, other, complaint) in cases { expectComplaint(example(piece, other), complaint) }
    }

    @Test("a name that is like none gets all that are known")
    func unlike() {
        let complaint = Sample.complaint(example("soak: 1h", "elephant: 1h"))
        #expect(
            complaint?.hasPrefix(
                "12: unknown field `elephant` in `defaults`; known here: `first-rotation`, `freeze`, `look-every`, `max-age`"
            )
                == true)
    }

    @Test("wrong types")
    func types() {
        let cases = [
            ("version: 1", "version: one", "1: `version` must be 1"),
            ("version: 1", "version: 2", "1: `version` must be 1"),
            ("region: us-west-2", "region: 5", "5: `region` must be a text"),
            (
                "state: sqlite:/var", "state: postgres:/var",
                "2: `state` must have the form sqlite:PATH, postgresql://HOST[:PORT]/DATABASE[?SETTING=VALUE&…] or dynamodb://TABLE[?region=REGION]"
            ),
            (
                "http://127.0.0.1:5555", "ftp://x",
                "6: `aws.endpoint-url` must be a URL that begins with https://, or with http:// for this machine"
            ),
            (
                "region: us-west-2", "role-arn: keyturn",
                "5: `aws.role-arn` must have the form arn:aws:iam::123456789012:role/NAME"
            ),
            (
                "region: us-west-2", "role-arn: arn:aws:iam::123456789012:user/keyturn",
                "5: `aws.role-arn` must have the form arn:aws:iam::123456789012:role/NAME"
            ),
            (
                "region: us-west-2", "external-id: x",
                "5: `aws.external-id` belongs to a role: `role-arn` is missing here"
            ),
            (
                "region: us-west-2", "role-session-name: a b",
                "5: `aws.role-session-name` must be 2 to 64 letters, digits and _+=,.@-"
            ),
            ("path: [/usr/lib/keyturn/pushers]", "path: /usr", "7: `plugins.path` must be a list"),
            ("path: [/usr/lib/keyturn/pushers]", "path: [5]", "7: `plugins.path` must be a list of texts"),
            (
                "{ rotate-every: 24h, overlap: 1h, soak: 1h }", "24h",
                "12: `defaults` must be a mapping of names to values"
            ),
            (
                "rotate-every: 12h", "max-attempts: many",
                "15: `users.cicd-bot.max-attempts` must be a whole number from 1 to 100"
            ),
            (
                "rotate-every: 12h", "max-attempts: 0",
                "15: `users.cicd-bot.max-attempts` must be a whole number from 1 to 100"
            ),
            (
                "rotate-every: 12h", "max-age: 1d",
                "15: `users.cicd-bot.max-age` must be at least 1d 3h: rotate-every, overlap, soak and an hour for the rotation itself"
            ),
            (
                "rotate-every: 12h", "first-rotation: never",
                "15: `users.cicd-bot.first-rotation` must be when-asked or when-due"
            ),
            ("rotate-every: 12h", "spread: 60%", "15: `users.cicd-bot.spread` must be from 0% to 50%, such as 10%"),
            ("rotate-every: 12h", "spread: 10", "15: `users.cicd-bot.spread` must be from 0% to 50%, such as 10%"),
            ("rotate-every: 12h", "push-timeout: 11m", "15: `users.cicd-bot.push-timeout` must be at most 10m"),
            ("environment-scope: production", "masked: 1", "18: `users.cicd-bot.targets[1].masked` must be a boolean"),
            (
                "repository: acme/app }", "repository: app }",
                "17: `users.cicd-bot.targets[0].repository` does not fit: The repository, as owner/name. Needed: two names with a slash between them, such as acme/app, or a number."
            ),
            (
                "environment: prod", "kind: codespace",
                "19: `users.cicd-bot.targets[2].kind` must be one of actions, dependabot, codespaces"
            ),
        ]
        for (piece, other, complaint) in cases {
            let expected = complaint.hasPrefix("5: `region`") ? "5: `aws.region` must be a text" : complaint
            expectComplaint(example(piece, other), expected)
        }
    }

    @Test(
        "durations need a unit, and are from one second up",
        arguments: ["0s", "-1s", "12", "1.5h", "1 h", "500ms", "h", "1w", "''", "99999999999999999999d"])
    func durations(text: String) {
        expectComplaint(
            example("overlap: 1h", "overlap: \(text)"),
            "12: `defaults.overlap` must be a duration from one second up, such as 90s, 30m, 12h or 7d")
    }

    @Test("things that must be there")
    func missing() {
        expectComplaint(example("version: 1", "#"), "1: `version` is missing; it is 1")
        #expect(
            Sample.complaint(example("state: sqlite:/var/lib/keyturn/state.db", "#"))?.hasSuffix(
                "`state` is missing, such as sqlite:state.db") == true)
        #expect(
            Sample.complaint(example("seal-key: { file: /etc/keyturn/seal.key }", "#"))?.hasSuffix(
                "`seal-key` is missing; `keyturn init` makes one") == true)
        expectComplaint(example("plugin: travis-ci,", ""), "9: `pushers.travis.plugin` is missing")
        expectComplaint(example("token: { env: TRAVIS_TOKEN }", ""), "9: `pushers.travis`: `token` is missing")
        expectComplaint(example("pusher: travis, ", ""), "17: `users.cicd-bot.targets[0].pusher` is missing")
        expectComplaint(
            example(", repository: acme/app }", " }"), "17: `users.cicd-bot.targets[0]`: `repository` is missing")
        expectComplaint(
            example("project: acme/tools/app, ", ""),
            "18: `users.cicd-bot.targets[1]` needs one of `project`, `group`, `instance`")
        expectComplaint("", " the file is empty: fill it in; or remove it, and `keyturn init` writes one")
    }

    @Test("a needed field that is misspelled is told as that, not as missing")
    func misspelled() {
        let cases = [
            ("version: 1", "verison: 1", "1: unknown field `verison`; did you mean `version`?"),
            ("seal-key: {", "seal_key: {", "3: unknown field `seal_key`; did you mean `seal-key`?"),
            (
                "plugin: travis-ci", "plugni: travis-ci",
                "9: unknown field `plugni` in `pushers.travis`; did you mean `plugin`?"
            ),
            ("targets:", "target:", "16: unknown field `target` in `users.cicd-bot`; did you mean `targets`?"),
            (
                "pusher: travis", "psuher: travis",
                "17: unknown field `psuher` in `users.cicd-bot.targets[0]`; did you mean `pusher`?"
            ),
        ]
        for (piece, other, complaint) in cases { expectComplaint(example(piece, other), complaint) }
    }

    @Test("a user without targets would be cut off")
    func noTargets() {
        for targets in ["[]", "{}", "", "5"] {
            let text = """
                version: 1
                state: sqlite:state.db
                seal-key: { env: S }
                users:
                  bot:
                    targets: \(targets)
                """
            let complaint = Sample.complaint(text)
            #expect(complaint?.hasPrefix("5: `users.bot.targets` must be a list with at least one target") == true)
        }
    }

    @Test("a pusher that is not there gets the nearest name")
    func unknownPusher() {
        expectComplaint(
            example("pusher: travis", "pusher: trawis"),
            "17: `users.cicd-bot.targets[0].pusher` names `trawis`, which is not among `pushers`; did you mean `travis`?"
        )
        expectComplaint(
            example("pusher: travis", "pusher: jenkins"),
            "17: `users.cicd-bot.targets[0].pusher` names `jenkins`, which is not among `pushers`")
    }

    @Test("a pusher's name has no colon, and a user's name is one of IAM")
    func names() {
        expectComplaint(example("  travis: {", "  \"a:b\": {"), "9: a pusher's name has no colon")
        for name in ["bot/x", "büt", "a b", String(repeating: "x", count: 65)] {
            let complaint = Sample.complaint(example("  cicd-bot:", "  \"\(name)\":"))
            #expect(
                complaint
                    == "14: `\(name)` is not an IAM user name: up to 64 letters, digits and _+=,.@-, without a path")
        }
    }

    @Test("two users that are the same IAM user would rotate each other's keys")
    func twins() {
        let targets = "targets: [{ pusher: travis, repository: a/"
        for (own, isTwin) in [
            ("user-name: bot, ", true), ("user-name: BOT, ", true), ("", false),
            ("user-name: bot, aws: { profile: b }, ", false),
        ] {
            let text = """
                version: 1
                state: sqlite:state.db
                seal-key: { env: S }
                pushers: { travis: { plugin: travis-ci, token: { env: T } } }
                users:
                  bot: { \(targets)a }] }
                  other: { \(own)\(targets)b }] }
                """
            let name = own.contains("BOT") ? "BOT" : "bot"
            #expect(
                Sample.complaint(text)
                    == (isTwin ? "7: `users.other` is the IAM user \(name), and so is `users.bot`" : nil))
        }
    }
}
