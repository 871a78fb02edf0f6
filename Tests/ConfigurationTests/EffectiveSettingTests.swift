import Rotation
import Testing

@testable import Configuration

@Suite("Where what holds comes from")
struct EffectiveSettingTests {
    private static let text = """
        version: 1
        state: sqlite:state.db
        seal-key: { env: SEAL }
        aws:
          region: eu-west-1
        pushers: { travis: { plugin: travis-ci, token: { env: T } } }
        defaults:
          overlap: 2h
        discover:
          - tag: a=b
            soak: 3h
            aws:
              profile: found
            targets:
              - pusher: travis
                repository: "acme/{user}"
                access-key-id: AWS_ACCESS_KEY_ID
        self-rotation:
          user: own
          rotate-every: 30d
        """

    private static func sources(_ settings: [EffectiveSetting]) -> [String: String] {
        Dictionary(uniqueKeysWithValues: settings.map { ($0.name, $0.from.replacing(Sample.file, with: "")) })
    }

    @Test("of a user that was found, it is the lines of its entry")
    func found() throws {
        let configuration = try Configuration(text: Self.text, file: Sample.file)
        let entry = try #require(configuration.discover.first)
        let found = [entry.identity: [DiscoveredUser(userName: "x", tags: ["a": "b"])]]
        let user = try #require(
            try configuration.resolve(Plugins.all, found: found).users.first { $0.origin != nil })
        let sources = Self.sources(configuration.effectiveSettings(of: user))
        #expect(sources["soak"] == ":11" && sources["overlap"] == ":8 (defaults)" && sources["retry"] == "default")
        #expect(sources["aws.profile"] == ":13" && sources["aws.region"] == ":5")
        let target = try #require(user.targets.first)
        let fields = Self.sources(configuration.effectiveSettings(of: target, at: 0, of: user))
        #expect(fields["repository"] == ":16")
        // The usual name, and written out all the same.
        #expect(fields["access-key-id"] == ":17" && fields["secret-access-key"] == "default")
    }

    @Test("of keyturn's own key, it is `self-rotation`", arguments: [nil, "    profile: mine"])
    func own(profile: String?) throws {
        let text = profile.map { Self.text + "\n" + $0.dropFirst(2) } ?? Self.text
        let configuration = try Configuration(text: text, file: Sample.file)
        let user = try #require(try configuration.resolve(Plugins.all, found: [:]).users.first { $0.isOwn })
        let sources = Self.sources(configuration.effectiveSettings(of: user))
        #expect(sources["rotate-every"] == ":20" && sources["overlap"] == ":8 (defaults)")
        #expect(sources["first-rotation"] == ":18" && sources["aws.region"] == ":5")
        // Nobody wrote the profile `default`.
        let written = profile == nil ? "default" : ":21"
        #expect(sources["aws.profile"] == written)
        let target = try #require(user.targets.first)
        #expect(Self.sources(configuration.effectiveSettings(of: target, at: 0, of: user)) == ["profile": written])
    }
}
