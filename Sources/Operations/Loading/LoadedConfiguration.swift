internal import AWS
internal import Configuration
internal import Engine
internal import FileTrust
internal import FoundationEssentials
internal import PusherHost
internal import Rotation

/// The configuration with its plugins, read and checked: what nearly every operation begins with.
///
/// Reading it opens nothing: it knows the users of the file alone. ``recalled(_:for:)`` opens the state as well, where the configuration
/// discovers users, and knows those that were found last.
package struct LoadedConfiguration: Sendable {
    let context: OperationContext
    let configuration: Configuration
    let plugins: [String: Plugin]
    /// Plugins whose manifest is pinned. What matches patterns of another one's would be ruled by a stranger.
    private let pinnedManifests: Set<String>
    private(set) var pushers: [ConfiguredPusher] = []
    /// Those of `users`, and those that `discover` has found.
    private(set) var users: [ConfiguredUser] = []
    /// What `discover` found last.
    var remembered = FoundUsers()
    /// What there is to say about the users that were found.
    private(set) var notes: [String] = []
    private(set) var problems: [String] = []

    package init(_ context: OperationContext) throws {
        self.context = context
        do throws(ConfigurationError) {
            let file = try Configuration.find(context.file, environment: context.environment)
            let read = try Corrections.reading { corrections throws(ConfigurationError) in
                let configuration = try Configuration(file: file, corrections)
                let plugins = try Self.findPlugins(configuration, context.installation)
                let pinned = try Self.findPinned(plugins, configuration, context.installation)
                let resolution = try configuration.resolve(Self.descriptions(plugins, pinned))
                return (configuration, plugins, pinned, resolution)
            }
            (configuration, plugins, pinnedManifests) = (read.0, read.1, read.2)
            take(read.3)
        } catch { throw OperationFailure(error) }
        try Self.checkState(of: configuration)
    }

    /// The file.
    package var file: String { configuration.file }
    package var hasUsers: Bool { !users.isEmpty }
    var log: EventLog { context.log }
    var environment: [String: String] { context.environment }
    /// The directory of a state that is a file.
    var stateDirectory: String? {
        configuration.state.file.map { URL(fileURLWithPath: $0).deletingLastPathComponent().path }
    }

    /// Takes up the users of the file and those that were found.
    mutating func take(_ found: FoundUsers) throws(OperationFailure) {
        do throws(ConfigurationError) {
            take(try configuration.resolve(Self.descriptions(plugins, pinnedManifests), found: found.users))
        } catch { throw OperationFailure(error) }
    }

    private mutating func take(_ resolution: Resolution) {
        (pushers, users) = (resolution.pushers, resolution.users)
        (notes, problems) = (resolution.notes, resolution.problems)
    }

    private static func descriptions(
        _ plugins: [String: Plugin], _ pinned: Set<String>
    ) -> [String: PluginDescription] {
        plugins.mapValues { PluginDescription($0.manifest, isPinned: pinned.contains($0.manifest.id)) }
    }

    /// Who can write next to the state can put another one in its place.
    private static func checkState(of configuration: Configuration) throws {
        guard let state = configuration.state.file else { return }
        let directory = URL(fileURLWithPath: state).deletingLastPathComponent().path
        let files = FileManager.default
        var problem = files.fileExists(atPath: directory) ? Ownership.problem(ofDirectory: directory) : nil
        if problem == nil, files.fileExists(atPath: state) { problem = Ownership.problem(ofState: state) }
        guard let problem else { return }
        throw OperationFailure(.notAllowed, "\(configuration.file): `state` is not used: \(problem)")
    }

    func account(of user: ConfiguredUser) -> Account { account(user.account) }

    func account(_ settings: Configuration.Account) -> Account {
        let region = Account.region(configured: settings.region, profile: settings.profile, environment)
        let role = settings.role.map {
            Account.Role(arn: $0.arn, externalID: $0.externalID, sessionName: settings.roleSessionName)
        }
        return Account(region: region, profile: settings.profile, endpoint: settings.endpoint, role: role)
    }

    /// How fast a pusher may ask its service.
    func pace(of pusher: ConfiguredPusher) -> PaceRules? {
        guard let rules = plugins[pusher.plugin]?.manifest.pace else { return nil }
        return pusher.limits.map { rules.with(limits: $0) } ?? rules
    }

    /// What a user's rotation must know of the configuration.
    func requirements(of user: ConfiguredUser) -> UserRequirements {
        UserRequirements(
            policy: user.policy, targets: user.targets.map(ManagedTarget.init), forgotten: configuration.forgotten)
    }
}

extension ManagedTarget {
    init(_ target: ConfiguredTarget) {
        self.init(target.name, isOneValue: target.isOneValue, identity: target.identity)
    }
}
