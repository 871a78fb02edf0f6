internal import Configuration
internal import Rotation

/// The configuration as it holds: every value, and where it comes from. Secrets are named by where they are kept.
package struct EffectiveConfiguration: Sendable {
    /// A value that holds, and where it comes from.
    package struct Setting: Encodable, Sendable {
        package var name: String
        package var value: String
        package var from: String

        init(_ setting: EffectiveSetting) { (name, value, from) = (setting.name, setting.value, setting.from) }
    }

    /// A pusher.
    package struct Pusher: Sendable {
        package var name: String
        package var plugin: String
        /// nil: the plugin's own, or a secret.
        package var endpoint: String?
        /// `token: env TRAVIS_TOKEN`
        package var secrets: [String]
        package var from: String
    }

    /// A user.
    package struct User: Sendable {
        package var name: String
        package var userName: String
        package var settings: [Setting]
        package var targets: [Target]
    }

    /// A target.
    package struct Target: Sendable {
        package var name: String
        package var pusher: String
        package var fields: [Setting]
        package var variables: [String]
        package var from: String
    }

    /// The configuration's path.
    package var file: String
    package var settings: [Setting]
    package var pushers: [Pusher]
    package var users: [User]

    /// - Parameter names: of users; none: all.
    package init(_ context: OperationContext, _ names: [String]) async throws {
        let (loaded, _) = try await LoadedConfiguration.recalled(context, for: .looking)
        let configuration = loaded.configuration
        file = loaded.file
        settings = configuration.effectiveSettings.map(Setting.init)
        pushers = loaded.pushers.map { pusher in
            let (file, line) = configuration.position(ofPusher: pusher.name)
            return Pusher(
                name: pusher.name, plugin: pusher.plugin, endpoint: pusher.endpoint, secrets: pusher.secretPlaces,
                from: "\(file):\(line)")
        }
        users = try loaded.select(names).map { user in
            User(
                name: user.name, userName: user.userName,
                settings: configuration.effectiveSettings(of: user).map(Setting.init),
                targets: user.targets.enumerated().map { index, target in
                    Target(
                        name: target.name.rawValue, pusher: target.pusher,
                        fields: configuration.effectiveSettings(of: target, at: index, of: user).map(Setting.init),
                        variables: target.variables, from: "\(target.file):\(target.line)")
                })
        }
    }
}

extension EffectiveConfiguration: Encodable {
    private enum CodingKeys: String, CodingKey { case file, settings, pushers, users }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(file, forKey: .file)
        try container.encode(settings, forKey: .settings)
        try container.encode(pushers, forKey: .pushers)
        try container.encode(users, forKey: .users)
    }
}

extension EffectiveConfiguration.Pusher: Encodable {
    private enum CodingKeys: String, CodingKey { case name, plugin, endpoint, secrets, from }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(plugin, forKey: .plugin)
        try container.encode(endpoint, forKey: .endpoint)
        try container.encode(secrets, forKey: .secrets)
        try container.encode(from, forKey: .from)
    }
}

extension EffectiveConfiguration.User: Encodable {
    private enum CodingKeys: String, CodingKey {
        case name = "user"
        case userName = "user-name"
        case settings, targets
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(userName, forKey: .userName)
        try container.encode(settings, forKey: .settings)
        try container.encode(targets, forKey: .targets)
    }
}

extension EffectiveConfiguration.Target: Encodable {
    private enum CodingKeys: String, CodingKey {
        case name = "target"
        case pusher, fields, variables, from
    }
}
