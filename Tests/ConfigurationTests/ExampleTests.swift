import Configuration
import JSON
import Rotation
import Secrets
import Testing

@Suite("The documentation's example")
struct ExampleTests {
    @Test("is read as it is meant")
    func example() throws {
        let configuration = try Configuration(text: Sample.full, file: Sample.file)
        #expect(configuration.state == .sqlite("/var/lib/keyturn/state.db"))
        #expect(configuration.sealKeys.map(\.words) == ["file /etc/keyturn/seal.key"])
        #expect(configuration.account.region == "us-west-2")
        #expect(configuration.account.endpoint == "http://127.0.0.1:5555")
        #expect(configuration.pluginPath == ["/usr/lib/keyturn/pushers"])
        #expect(configuration.lock == "/etc/keyturn/keyturn.lock")
        #expect(configuration.pushers.map(\.name) == ["travis", "gitlab", "github"])
        #expect(configuration.pushers.map(\.plugin) == ["travis-ci", "gitlab-ci", "github-actions"])
        let user = try #require(configuration.users.first)
        #expect(configuration.users.count == 1)
        #expect(user.name == "cicd-bot")
        #expect(user.userName == "cicd-bot")
        #expect(user.account == configuration.account)
        var policy = Policy(rotateEvery: .seconds(12 * 3600), preflight: true)
        policy.spread = Spread(percent: 10, user: "cicd-bot")
        policy.firstRotation = .whenAsked
        #expect(user.policy == policy)
    }

    @Test("fits the plugins, and its targets get their names and variables")
    func resolved() throws {
        let (pushers, users) = try Sample.resolve(Sample.full)
        #expect(pushers.map(\.name) == ["travis", "gitlab", "github"])
        #expect(pushers.map(\.endpoint) == [nil, "https://gitlab.example.com", nil])
        let targets = try #require(users.first?.targets)
        #expect(
            targets.map(\.name.rawValue) == [
                "travis:acme/app", "gitlab:acme/tools/app@production", "github:acme/app@prod#DEPLOY_KEY_ID",
            ])
        #expect(targets.map(\.line) == [17, 18, 19])
        #expect(targets.map(\.exclusive) == ["acme/app", nil, nil])
        #expect(
            targets[0].fields
                == #"{"access-key-id":"AWS_ACCESS_KEY_ID","repository":"acme/app","secret-access-key":"AWS_SECRET_ACCESS_KEY"}"#
        )
        let third = try JSONValue(parsing: targets[2].fields)
        #expect(third["access-key-id"]?.string == "DEPLOY_KEY_ID")
        #expect(third["secret-access-key"]?.string == "DEPLOY_SECRET")
        #expect(third["pusher"] == nil)
    }

    @Test("defaults are for all users, and each user can have its own")
    func policies() throws {
        let text = """
            version: 1
            state: sqlite:state.db
            seal-key: { env: SEAL }
            pushers: { travis: { plugin: travis-ci, token: { env: T } } }
            defaults: { rotate-every: 7d, overlap: 90s, soak: 30m, quiet: 2h, max-attempts: 5, retry: 10m, push-timeout: 45s }
            users:
              one: { targets: [{ pusher: travis, repository: a/a }] }
              two: { overlap: 5m, first-rotation: when-due, max-attempts: 1, user-name: zwei, aws: { profile: other }, targets: [{ pusher: travis, repository: a/b }] }
            """
        let users = try Configuration(text: text, file: "conf/keyturn.yaml").users
        var defaults = Policy(
            rotateEvery: .seconds(7 * 86_400), overlap: .seconds(90), soak: .seconds(1800), quiet: .seconds(7200),
            preflight: true, maxAttempts: 5, retry: .seconds(600), pushTimeout: .seconds(45))
        #expect(users.map(\.policy.spread) == [Spread(percent: 10, user: "one"), Spread(percent: 10, user: "two")])
        defaults.spread = users[0].policy.spread
        defaults.firstRotation = .whenAsked
        #expect(users[0].policy == defaults)
        var own = defaults
        own.spread = users[1].policy.spread
        own.firstRotation = .whenDue
        own.overlap = .seconds(300)
        own.maxAttempts = 1
        #expect(users[1].policy == own)
        #expect(users[1].userName == "zwei")
        #expect(users[1].account.profile == "other")
    }

    @Test("a user's role takes the place of the default one, and its external ID does not go along")
    func roles() throws {
        let text = """
            version: 1
            state: sqlite:state.db
            seal-key: { env: SEAL }
            aws: { role-arn: "arn:aws:iam::111122223333:role/a", external-id: e, role-session-name: kt }
            pushers: { travis: { plugin: travis-ci, token: { env: T } } }
            users:
              one: { targets: [{ pusher: travis, repository: a/a }] }
              two: { user-name: one, aws: { role-arn: "arn:aws:iam::444455556666:role/b" }, targets: [{ pusher: travis, repository: a/b }] }
            """
        let users = try Configuration(text: text, file: "keyturn.yaml").users
        #expect(users[0].account.role == .init(arn: "arn:aws:iam::111122223333:role/a", externalID: "e"))
        #expect(users[1].account.role == .init(arn: "arn:aws:iam::444455556666:role/b", externalID: nil))
        #expect(users[1].account.roleSessionName == "kt")
        let twins = text.replacing("444455556666:role/b", with: "111122223333:role/b")
        #expect(Sample.complaint(twins)?.contains("`users.two` is the IAM user one, and so is `users.one`") == true)
    }

    @Test(
        "a region of every partition has the form of one",
        arguments: ["eusc-de-east-1", "eu-isoe-west-1", "us-gov-west-1"])
    func partitions(_ region: String) {
        #expect(Sample.complaint(Sample.full.replacing("us-west-2", with: region)) == nil)
    }

    @Test("paths are relative to the file's directory")
    func paths() throws {
        let text = Sample.small(targets: ["pusher: travis, repository: a/a"])
        let configuration = try Configuration(text: text, file: "/srv/ci/keyturn.yaml")
        #expect(configuration.state == .sqlite("/srv/ci/state.db"))
        #expect(configuration.sealKeys.map(\.words) == ["file /srv/ci/seal.key"])
    }

    @Test("the file is the given one, else that of the environment")
    func find() throws {
        #expect(try Configuration.find("x.yaml", environment: ["KEYTURN_CONFIG": "y.yaml"]) == "x.yaml")
        #expect(try Configuration.find(nil, environment: ["KEYTURN_CONFIG": "y.yaml"]) == "y.yaml")
        let error = #expect(throws: ConfigurationError.self) { try Configuration(file: "/nowhere/keyturn.yaml") }
        #expect(error?.description == "/nowhere/keyturn.yaml: there is no such file; `keyturn init` writes one")
    }
}
