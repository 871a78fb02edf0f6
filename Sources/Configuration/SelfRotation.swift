internal import JSON
public import Rotation

/// `self-rotation`: the IAM user with whose key keyturn itself runs.
public struct SelfRotation: Hashable, Sendable {
    /// Used in place of a pusher's name for the shared credentials file.
    public static let pusher = "credentials-file"

    /// The IAM user name.
    public var userName: String
    /// The profile of the shared credentials file that holds its key, and that keyturn reads it from.
    public var profile: String
    /// Times and limits.
    public var policy: Policy
    /// The default account, with the profile's own credentials.
    public var account: Configuration.Account
    var file: String
    var line: Int

    /// The user as commands and the engine see it: with one target, the file.
    var configured: ConfiguredUser {
        let target = ConfiguredTarget(
            name: TargetName("\(Self.pusher):\(profile)"), pusher: Self.pusher,
            values: ["profile": .string(profile)], exclusive: nil, variables: [profile], isOneValue: true,
            file: file, line: line)
        return ConfiguredUser(
            name: userName, userName: userName, account: account, policy: policy, targets: [target],
            isOwn: true)
    }
}

extension Configuration {
    static func readSelfRotation(
        _ field: Field?, _ file: String, _ defaults: Policy, _ account: Account, _ users: [UserEntry]
    ) throws(ConfigurationError) -> SelfRotation? {
        guard let field else { return nil }
        var reader = try MappingReader(field, "self-rotation", file)
        guard let user = try reader.string("user") else {
            throw reader.missing("user", "is missing: the IAM user with whose key keyturn runs")
        }
        try check(user, reader, field.line)
        let profile = try reader.string("profile") ?? account.profile ?? "default"
        guard !profile.contains(where: { $0.isNewline || $0 == "]" }) else {
            throw reader.error("profile", "must be a profile's name")
        }
        // Its only place is the profile that keyturn writes, and this section asks for its rotation.
        var standard = defaults
        standard.firstRotation = .whenDue
        var policy = try readPolicy(&reader, standard)
        policy.spread.user = user
        try reader.end()
        if let twin = users.first(where: { $0.name == user }) {
            throw reader.error(
                "user",
                "names \(user), which is listed in `users` too: its key can be in one of the two places only, so take "
                    + "`users.\(twin.name)` out")
        }
        var own = account
        own.role = nil
        own.profile = profile
        return SelfRotation(
            userName: user, profile: profile, policy: policy, account: own, file: file, line: field.line)
    }
}
