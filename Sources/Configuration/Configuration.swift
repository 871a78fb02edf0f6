internal import FileTrust
internal import FoundationEssentials
internal import JSON
public import Rotation

/// `keyturn.yaml`, read and checked as far as that goes without the plugins' manifests.
public struct Configuration: Sendable {
    /// The region, profile and endpoint of an AWS account.
    public struct Account: Hashable, Sendable {
        /// nil: the environment's.
        public var region: String?
        /// nil: the environment's.
        public var profile: String?
        /// nil: the environment's, else AWS's own.
        public var endpoint: String?
        /// A role to assume with the credentials of the other settings; nil: none.
        public var role: Role?
        /// Names the role's session; nil: keyturn and this machine's name.
        public var roleSessionName: String?
    }

    /// A role to assume.
    public struct Role: Hashable, Sendable {
        /// `arn:PARTITION:iam::ACCOUNT:role/NAME`
        public var arn: String
        /// What the role's trust policy may ask for.
        public var externalID: String?

        /// A role.
        public init(arn: String, externalID: String? = nil) {
            self.arn = arn
            self.externalID = externalID
        }

        /// The account that the role is in.
        var account: Substring { arn.split(separator: ":", omittingEmptySubsequences: false)[4] }
    }

    /// The file's path.
    public var file: String
    /// Where the state is kept.
    public var state: StateLocation
    /// Where the seal keys are: the first one seals, and every one opens.
    public var sealKeys: [SealKeySource]
    /// A PEM file of certificate authorities; nil: the system's.
    public var authorities: String?
    /// The default account.
    public var account: Account
    /// Directories with plugins.
    public var pluginPath: [String]
    /// The lock file, with pins and grants: `keyturn.lock` next to the configuration unless said otherwise.
    public var lock: String
    /// Parts of the pushers' enclosure that are done without where the kernel lacks them.
    public var acceptedGaps: [String]
    /// Lists of plugins that may be installed, in the order in which they are asked.
    public var pluginIndexes: [PluginIndexEntry]
    /// How many users are worked on at the same moment; nil: as many as the engine takes.
    public var usersAtOnce: Int?
    /// How long lines of the history are kept; nil: for ever.
    public var historyRetention: Duration?
    /// Where `run` shows how things stand; nil: nowhere.
    public var listen: ListenAddress?
    /// Whether that may be another address than this machine's own.
    public var listensAnywhere: Bool
    /// Who is notified of what: those of `notifications`, then those of `notify`, each in the file's order.
    public var notifications: [NotificationEntry]
    /// Places next to targets that may hold another key.
    public var acknowledged: [Acknowledgement]
    /// The IAM users, in the file's order.
    public var users: [UserEntry]
    /// The user with whose key keyturn itself runs, where it is to be rotated too.
    public var selfRotation: SelfRotation?
    /// Which further users to look for in the accounts.
    public var discover: [DiscoverEntry]
    /// Configured uses of plugins, in the file's order.
    public var pushers: [PusherEntry]

    /// A pusher as the file has it; its own fields are checked once its manifest is there.
    public struct PusherEntry: Hashable, Sendable {
        /// Its name.
        public var name: String
        /// The plugin's ID.
        public var plugin: String
        /// The file that it is in.
        var file: String
        var line: Int
        var field: Field
    }

    /// A user as the file has it.
    public struct UserEntry: Hashable, Sendable {
        /// The name in the file, by which commands and state know the user.
        public var name: String
        /// The IAM user name.
        public var userName: String
        /// Times and limits.
        public var policy: Policy
        /// The account.
        public var account: Account
        /// The receiver in `notify` that gets messages about it; nil: those of `notifications`.
        public var owner: String?
        /// What is started once every target has a new key.
        public var afterRotation: AfterRotation?
        /// The entry of `discover` that found it; nil: it is listed in `users`.
        var origin: DiscoverEntry?
        /// The file that it is in.
        var file: String
        var line: Int
        var targets: [TargetEntry]
        /// The lines of what it sets itself, by their names; those of its account are `aws.region` and the like.
        var lines: [String: Int] = [:]
    }

    let root: Field
    /// The patterns of `include`, with absolute paths.
    let includePatterns: [String]

    /// Targets that have left and do not matter any more, each with the reason.
    public let forgotten: [TargetName: String]

    struct TargetEntry: Hashable, Sendable {
        var pusher: String
        var field: Field
    }

    /// The largest file, in bytes.
    static let sizeLimit = 16 << 20

    /// Finds the file: the given one, else `$KEYTURN_CONFIG`, `./keyturn.yaml`, `/etc/keyturn/keyturn.yaml`.
    public static func find(_ given: String?, environment: [String: String]) throws(ConfigurationError) -> String {
        if let given { return given }
        if let named = environment["KEYTURN_CONFIG"], !named.isEmpty { return named }
        // One that is there and cannot be read is the one that is meant, and the reading says why.
        for path in ["keyturn.yaml", "/etc/keyturn/keyturn.yaml"] where FileAccess.isThere(path) {
            return path
        }
        throw ConfigurationError(
            file: "keyturn.yaml",
            "there is none in \(FileManager.default.currentDirectoryPath), nor /etc/keyturn/keyturn.yaml; name yours with "
                + "`--config`, or write one with `keyturn init`")
    }

    /// Reads a file.
    public init(file: String, _ corrections: Corrections = Corrections()) throws(ConfigurationError) {
        try self.init(
            text: try Self.text(of: file, or: "; or name another file with `--config`"), file: file, corrections)
    }

    /// Reads a text.
    ///
    /// - Parameters:
    ///   - file: for error texts; paths in it are relative to its directory.
    ///   - corrections: mistakes that are passed over.
    public init(
        text: String, file: String, _ corrections: Corrections = Corrections()
    ) throws(ConfigurationError) {
        self.file = file
        let directory = URL(fileURLWithPath: file).deletingLastPathComponent().path
        root = corrections.applied(to: try Field.parse(text, file: file), of: file)
        var reader = try MappingReader(root, "", file)
        guard try reader.integer("version", in: 1...1) != nil else {
            throw reader.missing("version", "is missing; it is 1", at: 1)
        }
        state = try StateLocation(&reader, file: file, directory: directory)
        guard let sealKey = reader.field("seal-key") else {
            throw reader.missing("seal-key", "is missing; `keyturn init` makes one")
        }
        sealKeys = try SealKeySource.read(sealKey, file: file, directory: directory)
        authorities = try reader.string("ca-file").map { Paths.absolute($0, from: directory) }
        account = try Self.readAccount(reader.field("aws"), "aws", file)
        let plugins = try PluginSettings(reader.field("plugins"), file, directory)
        (pluginPath, lock, acceptedGaps) = (plugins.path, plugins.lock, plugins.gaps)
        pluginIndexes = plugins.indexes
        usersAtOnce = try reader.integer("users-at-once", in: 1...256)
        historyRetention = try Self.readHistory(reader.field("history"), file)
        (listen, listensAnywhere) = try Self.readListen(&reader)
        notifications = try Self.readNotifications(&reader, directory)
        acknowledged = try Self.readAcknowledged(reader.field("acknowledged"), file)
        pushers = try Self.readPushers(reader.field("pushers"), file)
        let defaults = try Self.readDefaults(reader.field("defaults"), file)
        let included = try Self.readIncluded(&reader, directory, pushers, defaults, account, corrections)
        pushers += included.pushers
        includePatterns = included.patterns
        let names = Set(pushers.map(\.name))
        users = try Self.readUsers(reader.field("users"), file, defaults, account, names) + included.users
        try Self.checkUsers(users)
        selfRotation = try Self.readSelfRotation(reader.field("self-rotation"), file, defaults, account, users)
        discover = try Self.readDiscovery(reader.field("discover"), file, defaults, account, names)
        let owners = Set(notifications.compactMap(\.owner))
        for user in users { try Self.check(user.owner, of: "users.\(user.name)", user.file, user.line, owners) }
        for entry in discover { try Self.check(entry.owner, of: entry.place, entry.file, entry.line, owners) }
        forgotten = try Self.readForgotten(reader.field("forget"), file)
        try reader.end()
    }

    static func readAccount(
        _ field: Field?, _ place: String, _ file: String, default base: Account = Account()
    ) throws(ConfigurationError) -> Account {
        guard let field else { return base }
        var reader = try MappingReader(field, place, file)
        var account = base
        account.region = try reader.string("region") ?? base.region
        account.profile = try reader.string("profile") ?? base.profile
        account.endpoint = try reader.string("endpoint-url") ?? base.endpoint
        if let region = account.region, !Region.isName(region) {
            throw reader.error("region", "is `\(region)`, and must be the code of a region, such as eu-central-1")
        }
        // Requests that are signed with a secret, and new keys in the answers: they cross no network in the clear.
        if let endpoint = account.endpoint, !ServiceURL.isAllowed(endpoint) {
            throw reader.error("endpoint-url", ServiceURL.rule)
        }
        account.role = try readRole(&reader) ?? base.role
        account.roleSessionName = try reader.string("role-session-name") ?? base.roleSessionName
        if let name = account.roleSessionName {
            let isFine = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_+=,.@-".contains($0)) }
            guard isFine, (2...64).contains(name.count) else {
                throw reader.error("role-session-name", "must be 2 to 64 letters, digits and _+=,.@-")
            }
        }
        try reader.end()
        return account
    }

    /// An external ID belongs to its role: it does not go to another one.
    private static func readRole(_ reader: inout MappingReader) throws(ConfigurationError) -> Role? {
        let arn = try reader.string("role-arn")
        let externalID = try reader.string("external-id")
        guard let arn else {
            guard externalID != nil else { return nil }
            var error = reader.error("external-id", "belongs to a role: `role-arn` is missing here")
            error.isComparison = true
            throw error
        }
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[2] == "iam", parts[3].isEmpty, parts[4].count == 12,
            parts[4].allSatisfy({ $0.isASCII && $0.isNumber }), parts[5].hasPrefix("role/"), parts[5].count > 5
        else { throw reader.error("role-arn", "must have the form arn:aws:iam::123456789012:role/NAME") }
        return Role(arn: arn, externalID: externalID)
    }

    private static func readHistory(_ field: Field?, _ file: String) throws(ConfigurationError) -> Duration? {
        guard let field else { return nil }
        var reader = try MappingReader(field, "history", file)
        let retention = try reader.duration("keep")
        try reader.end()
        return retention
    }

    private static func readListen(
        _ reader: inout MappingReader
    ) throws(ConfigurationError) -> (ListenAddress?, Bool) {
        let anywhere = try reader.flag("listen-anywhere") ?? false
        guard let text = try reader.string("listen") else { return (nil, anywhere) }
        guard let address = ListenAddress(text) else {
            throw reader.error("listen", "must be \(ListenAddress.form), in quotes where it has brackets")
        }
        guard address.isLoopback || anywhere else {
            throw reader.error(
                "listen",
                "is not an address of this machine alone: \(ListenAddress.warning); `listen-anywhere: true` says that this is "
                    + "meant")
        }
        return (address, anywhere)
    }

    static func readPushers(_ field: Field?, _ file: String) throws(ConfigurationError) -> [PusherEntry] {
        guard let field else { return [] }
        var pushers: [PusherEntry] = []
        for member in try MappingReader(field, "pushers", file).all {
            let place = "pushers.\(member.name)"
            guard !member.name.contains(":"), !member.name.isEmpty else {
                throw ConfigurationError(file: file, line: member.line, "a pusher's name has no colon")
            }
            guard member.name != SelfRotation.pusher else {
                throw ConfigurationError(
                    file: file, line: member.line, "`\(place)`: that name is reserved for the file of `self-rotation`")
            }
            var reader = try MappingReader(member.field, place, file)
            guard let plugin = try reader.string("plugin") else {
                throw reader.missing("plugin", "is missing", at: member.line)
            }
            pushers.append(
                PusherEntry(name: member.name, plugin: plugin, file: file, line: member.line, field: member.field))
        }
        return pushers
    }
}

extension Configuration {
    /// The names at the top of the file, and those in `defaults`.
    var topNames: Set<String> { root.names }
    var defaultNames: Set<String> { root.member("defaults")?.names ?? [] }

    /// The line of a field, such as `["aws", "profile"]`, or of the last of the names that is there.
    public func line(at path: String...) -> Int { root.line(at: path) }

    /// The file and the line of a pusher's entry.
    public func position(ofPusher name: String) -> (file: String, line: Int) {
        pushers.first { $0.name == name }.map { ($0.file, $0.line) } ?? (file, 1)
    }
}
