internal import JSON
public import Rotation

/// An IAM user that was found in an account.
public struct DiscoveredUser: Codable, Hashable, Sendable {
    /// The IAM user name.
    public var userName: String
    /// What the entry asked for; tags that it does not ask for may be missing.
    public var tags: [String: String]

    /// A user that was found.
    public init(userName: String, tags: [String: String]) {
        self.userName = userName
        self.tags = tags
    }
}

extension Configuration {
    /// An entry of `discover`: which IAM users to look for, and where their keys go.
    public struct DiscoverEntry: Hashable, Sendable {
        /// A tag that they have.
        public var tag: Tag?
        /// What their paths begin with.
        public var path: String?
        /// The account.
        public var account: Account
        /// Times and limits.
        public var policy: Policy
        /// The receiver in `notify` that gets messages about the users; nil: those of `notifications`.
        public var owner: String?
        /// What is started once every target of a user has a new key.
        public var afterRotation: AfterRotation?
        var name: Template
        var targets: [TargetEntry]
        /// The file that it is in.
        var file: String
        var line: Int
        /// `discover[0]`
        var place: String
        /// The lines of what it sets itself, as those of a user.
        var lines: [String: Int]

        /// A tag's name, and its value where one is asked for.
        public struct Tag: Hashable, Sendable {
            /// The tag's name.
            public var name: String
            /// Its value; nil: any.
            public var value: String?
        }

        /// Whether the users' tags must be read.
        public var needsTags: Bool { tag != nil || !usedTags.isEmpty }

        /// The tags that are looked at, and no others.
        public var usedTags: Set<String> {
            let texts = targets.flatMap(\.field.texts).compactMap { Template($0.text) }
            return Set((texts + [name]).flatMap(\.tags) + (tag.map { [$0.name] } ?? []))
        }

        /// What it looks for, in words.
        public var label: String {
            let tag = tag.map { "tag \($0.name)\($0.value.map { "=\($0)" } ?? "")" }
            return [tag, path.map { "path \($0)" }].compactMap { $0 }.joined(separator: ", ")
        }

        /// Which entry it is, and what it looks for: `discover[0]: tag keyturn=yes`.
        var origin: String { "\(place): \(label)" }

        /// Equal for entries that look for the same users in the same account.
        public var identity: String {
            let parts = [account.region, account.profile, account.endpoint, account.role?.arn]
            return ([label] + parts.map { $0 ?? "" }).joined(separator: " | ")
        }
    }

    static func readDiscovery(
        _ field: Field?, _ file: String, _ defaults: Policy, _ account: Account, _ pushers: Set<String>
    ) throws(ConfigurationError) -> [DiscoverEntry] {
        guard let field else { return [] }
        guard case .list(let fields) = field.value else {
            return [try readEntry(field, "discover", file, defaults, account, pushers)]
        }
        var entries: [DiscoverEntry] = []
        for (index, field) in fields.enumerated() {
            entries.append(try readEntry(field, "discover[\(index)]", file, defaults, account, pushers))
        }
        return entries
    }

    private static func readEntry(
        _ field: Field, _ place: String, _ file: String, _ defaults: Policy, _ account: Account,
        _ pushers: Set<String>
    ) throws(ConfigurationError) -> DiscoverEntry {
        var reader = try MappingReader(field, place, file)
        let tag = try reader.string("tag")
        let path = try reader.string("path")
        guard tag != nil || path != nil else {
            throw ConfigurationError(
                file: file, line: field.line,
                "`\(place)` needs `tag`, such as keyturn=yes, or `path`, such as /ci/: which users are meant?")
        }
        if let path, !path.hasPrefix("/") || !path.hasSuffix("/") || path == "/" {
            throw reader.error("path", "must begin and end with a slash, such as /ci/")
        }
        let parts = tag?.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if let parts, parts[0].isEmpty || parts.last?.isEmpty == true {
            throw reader.error("tag", "must have the form NAME=VALUE or NAME")
        }
        let name = try reader.string("name") ?? "{user}"
        guard let nameTemplate = Template(name) else { throw reader.error("name", Self.placeholders) }
        let policy = try readPolicy(&reader, defaults)
        let ownAccount = reader.field("aws")
        let own = try readAccount(ownAccount, "\(place).aws", file, default: account)
        let targets = try readTargets(&reader, field.line, pushers)
        let owner = try reader.string("owner")
        let afterRotation = try AfterRotation.read(&reader)
        try reader.end()
        for (text, line) in targets.flatMap(\.field.texts) where Template(text) == nil {
            throw ConfigurationError(file: file, line: line, "`\(place).targets`: \(text): \(placeholders)")
        }
        return DiscoverEntry(
            tag: parts.map { DiscoverEntry.Tag(name: $0[0], value: $0.count > 1 ? $0[1] : nil) }, path: path,
            account: own, policy: policy, owner: owner, afterRotation: afterRotation, name: nameTemplate,
            targets: targets, file: file, line: field.line, place: place,
            lines: reader.lines(withAccount: ownAccount))
    }

    private static let placeholders = "may have {user} and {tag:NAME} in braces, and nothing else"
}

/// Users that were found, as entries of the file.
struct Discovery {
    var users: [Configuration.UserEntry] = []
    /// What an operator may want to know.
    var notes: [String] = []
    /// Users that were found and cannot be managed, each with the reason.
    var problems: [String] = []

    /// - Parameter found: by the entry's ``Configuration/DiscoverEntry/identity``.
    init(_ configuration: Configuration, _ found: [String: [DiscoveredUser]]) throws(ConfigurationError) {
        var names = Dictionary(configuration.users.map { ($0.name, "users.\($0.name)") }) { first, _ in first }
        var twins = Dictionary(configuration.users.map { ($0.twin, "users.\($0.name)") }) { first, _ in first }
        if let own = configuration.selfRotation {
            names[own.userName] = "self-rotation"
            twins[Configuration.UserEntry.twin(own.userName, own.account)] = "self-rotation"
        }
        for entry in configuration.discover {
            for user in (found[entry.identity] ?? []).sorted(by: { $0.userName < $1.userName }) {
                let made: Configuration.UserEntry
                do { made = try entry.user(user) } catch {
                    problems.append(
                        "\(user.userName), found by `\(entry.place)` (\(entry.label)), has no tag \(error.name), which "
                            + "`\(entry.place)` asks for: tag it, or name it in `users`. It is left alone")
                    continue
                }
                if let first = twins[made.twin] {
                    notes.append(
                        "\(made.name), found by `\(entry.place)`, is listed in `\(first)` already, which is followed")
                    continue
                }
                if let first = names[made.name], !first.hasPrefix("discover") {
                    problems.append(
                        "\(made.name), found by `\(entry.place)` (\(entry.label)), has the name of `\(first)`, which is of "
                            + "another account: give `\(entry.place)` a `name`, such as shop-{user}. It is left alone")
                    continue
                }
                if let first = names[made.name] {
                    throw ConfigurationError(
                        file: configuration.file, line: entry.line,
                        "`\(entry.place)` found the user \(made.name), and so did `\(first)` in another account: give one "
                            + "of them a `name`, such as shop-{user}")
                }
                names[made.name] = entry.place
                twins[made.twin] = entry.place
                users.append(made)
            }
        }
    }
}

extension Configuration.UserEntry {
    /// Equal for entries that mean the same IAM user, as far as the file says: which account a profile leads to, AWS alone
    /// knows.
    var twin: String { Self.twin(userName, account) }

    static func twin(_ userName: String, _ account: Configuration.Account) -> String {
        let owner = account.role.map { String($0.account) } ?? account.profile ?? "default"
        return "\(owner) \(account.endpoint ?? "") \(userName.lowercased())"
    }
}

extension Configuration.DiscoverEntry {
    fileprivate func user(_ found: DiscoveredUser) throws(Template.MissingTag) -> Configuration.UserEntry {
        var filled: [Configuration.TargetEntry] = []
        for target in targets {
            filled.append(Configuration.TargetEntry(pusher: target.pusher, field: try target.field.filled(for: found)))
        }
        let name = try name.text(for: found)
        var policy = policy
        policy.spread.user = name
        return Configuration.UserEntry(
            name: name, userName: found.userName, policy: policy, account: account, owner: owner,
            afterRotation: afterRotation,
            origin: self, file: file, line: line, targets: filled)
    }
}
