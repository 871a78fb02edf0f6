import Rotation
import Testing

@testable import Configuration

@Suite("Users that were found")
struct DiscoveryTests {
    private static func text(_ entries: String, users: String = "") -> String {
        """
        version: 1
        state: sqlite:state.db
        seal-key: { env: SEAL }
        pushers: { travis: { plugin: travis-ci, token: { env: T } } }
        discover:
        \(entries)
        \(users)
        """
    }

    private static func resolve(_ text: String, _ found: [String]...) throws(ConfigurationError) -> Resolution {
        let configuration = try Configuration(text: text, file: Sample.file)
        var users: [String: [DiscoveredUser]] = [:]
        for (entry, names) in zip(configuration.discover, found) {
            users[entry.identity] = names.map { DiscoveredUser(userName: $0, tags: ["repo": "r/\($0)", "empty": ""]) }
        }
        return try configuration.resolve(Plugins.all, found: users)
    }

    private static let one =
        #"  - { tag: a=b, rotate-every: 7d, targets: [{ pusher: travis, repository: "{tag:repo}-{user}" }] }"#

    @Test("get their names and tags in the template's places, and the entry's times")
    func filled() throws {
        let user = try #require(try Self.resolve(Self.text(Self.one), ["x"]).users.first)
        #expect(user.targets.map(\.name.rawValue) == ["travis:r/x-x"])
        #expect(user.policy.rotateEvery == .seconds(7 * 86_400))
        #expect(user.origin == "discover[0]: tag a=b")
    }

    @Test("of the same IAM user are one: `users` first, then the earlier entry")
    func twice() throws {
        let both = Self.one + "\n" + #"  - { path: /ci/, targets: [{ pusher: travis, repository: "acme/{user}" }] }"#
        let users = "users: { mine: { user-name: Z, targets: [{ pusher: travis, repository: a/z }] } }"
        let resolution = try Self.resolve(Self.text(both, users: users), ["x", "z"], ["x", "y"])
        #expect(resolution.users.map(\.name) == ["mine", "x", "y"])
        #expect(resolution.users.map(\.origin) == [nil, "discover[0]: tag a=b", "discover[1]: path /ci/"])
        #expect(resolution.notes.count == 2)
        #expect(resolution.notes.first?.contains("is listed in `users.mine` already") == true)
    }

    @Test("by one name in two accounts need two names")
    func accounts() throws {
        let other =
            #"  - { tag: a=b, aws: { profile: p }NAME, targets: [{ pusher: travis, repository: "acme/{user}" }] }"#
        let text = Self.text(Self.one + "\n" + other.replacing("NAME", with: ""))
        let error = #expect(throws: ConfigurationError.self) { try Self.resolve(text, ["x"], ["x"]) }
        #expect(error?.message.contains("in another account: give one of them a `name`") == true)
        let named = Self.text(Self.one + "\n" + other.replacing("NAME", with: #", name: "p-{user}""#))
        #expect(try Self.resolve(named, ["x"], ["x"]).users.map(\.name) == ["x", "p-x"])
    }

    @Test("with the name of another account's user in `users` are reported, and left alone")
    func clash() throws {
        let users = "users: { x: { aws: { profile: p }, targets: [{ pusher: travis, repository: a/z }] } }"
        let resolution = try Self.resolve(Self.text(Self.one, users: users), ["x", "y"])
        #expect(resolution.users.map(\.name) == ["x", "y"])
        #expect(resolution.users.first?.origin == nil)
        #expect(resolution.problems.count == 1)
        #expect(resolution.problems.first?.contains("has the name of `users.x`, which is of another account") == true)
    }

    @Test("are problems of their own where a tag is missing, or empty, or no place")
    func problems() throws {
        for (template, words) in [
            ("{tag:none}", "no tag none"), ("{tag:empty}", "no tag empty"), ("{user} x", "left alone"),
        ] {
            let entry = #"  - { tag: a, targets: [{ pusher: travis, repository: "acme/\#(template)" }] }"#
            let resolution = try Self.resolve(Self.text(entry), ["x"])
            #expect(resolution.users.isEmpty && resolution.problems.count == 1)
            #expect(resolution.problems.first?.contains(words) == true, "\(resolution.problems)")
        }
    }

    @Test("have their tags read only where these are asked for")
    func tags() throws {
        let entries = Self.one + "\n" + #"  - { path: /ci/, targets: [{ pusher: travis, repository: "acme/{user}" }] }"#
        let discover = try Configuration(text: Self.text(entries), file: Sample.file).discover
        #expect(discover.map(\.needsTags) == [true, false])
        #expect(discover[0].usedTags == ["a", "repo"])
    }
}
