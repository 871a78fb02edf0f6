internal import JSON
public import Rotation
public import Secrets

/// One entry of `notifications`: who is notified of what.
public struct NotificationEntry: Hashable, Sendable {
    /// How they are notified.
    public enum Way: Hashable, Sendable {
        /// A URL, or where it is kept, and the secret that messages are signed with.
        case webhook(NotificationURL, secret: SecretReference)
        /// Where the URL is kept.
        case slack(NotificationURL)
        /// A program and its arguments, and names of variables that it gets besides the ordinary ones.
        case command([String], environment: [String])
    }

    /// How they are notified.
    public var way: Way
    /// What of.
    public var occasions: Set<NotificationEvent.Occasion>
    /// How long a problem that may still pass is not sent.
    public var patience: Duration
}

/// A URL that is in the file, or, where knowing it is enough to write there, elsewhere.
public enum NotificationURL: Hashable, Sendable {
    case plain(String, line: Int)
    case kept(SecretReference)
}

extension Configuration {
    static func readNotifications(
        _ field: Field?, _ file: String, _ directory: String
    ) throws(ConfigurationError) -> [NotificationEntry] {
        guard let field else { return [] }
        guard case .list(let fields) = field.value else {
            throw ConfigurationError(file: file, line: field.line, "`notifications` must be a list")
        }
        var entries: [NotificationEntry] = []
        for (index, field) in fields.enumerated() {
            var reader = try MappingReader(field, "notifications[\(index)]", file)
            let way = try readWay(&reader, directory)
            let occasions = try readOccasions(&reader)
            let patience = try reader.duration("blocked-after") ?? .seconds(600)
            try reader.end()
            entries.append(NotificationEntry(way: way, occasions: occasions, patience: patience))
        }
        return entries
    }

    private static func readWay(
        _ reader: inout MappingReader, _ directory: String
    ) throws(ConfigurationError) -> NotificationEntry.Way {
        let (webhook, slack) = (reader.field("webhook"), reader.field("slack"))
        let (command, secret) = (try reader.strings("command"), reader.field("secret"))
        let names = try SecretReference.readNames(
            reader.field("environment"), reader.path("environment"), reader.file)
        let file = reader.file
        guard [webhook != nil, slack != nil, command != nil].count(where: { $0 }) == 1 else {
            throw ConfigurationError(
                file: file, line: reader.line, "`\(reader.place)` needs one of `webhook`, `slack` and `command`")
        }
        if command == nil, !names.isEmpty { throw reader.error("environment", "belongs to a command") }
        if let webhook {
            let url = try readURL(webhook, reader, "webhook", directory)
            guard let secret else {
                throw ConfigurationError(
                    file: file, line: reader.line,
                    "`\(reader.path("secret"))` is missing: messages are signed with it, so that the receiver can distinguish them from "
                        + "others'; use { env: NAME }, { file: PATH } or { command: [ARG, …] }")
            }
            let reference = try SecretReference(secret, reader.path("secret"), file: file, directory: directory)
            return .webhook(url, secret: reference)
        }
        if secret != nil { throw reader.error("secret", "belongs to a webhook") }
        if let slack {
            return .slack(
                .kept(try SecretReference(slack, reader.path("slack"), file: file, directory: directory)))
        }
        guard let command, let program = command.first, !program.isEmpty else {
            throw reader.error("command", "needs a program: [PROGRAM, ARG, …]")
        }
        return .command(command, environment: names)
    }

    private static func readURL(
        _ field: Field, _ reader: MappingReader, _ name: String, _ directory: String
    ) throws(ConfigurationError) -> NotificationURL {
        if SecretReference.isReference(field) {
            return .kept(try SecretReference(field, reader.path(name), file: reader.file, directory: directory))
        }
        guard let text = field.json.string, ServiceURL.isAllowed(text) else {
            throw reader.error(name, ServiceURL.rule)
        }
        return .plain(text, line: field.line)
    }

    private static func readOccasions(_ reader: inout MappingReader) throws(ConfigurationError) -> Set<
        NotificationEvent.Occasion
    > {
        guard let words = try reader.strings("on") else { return Set(NotificationEvent.Occasion.allCases) }
        var occasions: Set<NotificationEvent.Occasion> = []
        for word in words {
            guard let occasion = NotificationEvent.Occasion(rawValue: word) else {
                let known = NotificationEvent.Occasion.allCases.map(\.rawValue).joined(separator: ", ")
                throw reader.error("on", "has `\(word)`; what there is: \(known)")
            }
            occasions.insert(occasion)
        }
        return occasions
    }
}

extension NotificationURL {
    /// Fetches it.
    ///
    /// - Returns: the URL, and what of it may be shown.
    public func resolve(
        environment: [String: String], fetched: FetchedSecrets = FetchedSecrets(), _ configuration: Configuration
    ) throws(ConfigurationError) -> (url: Secret, shown: String) {
        switch self {
        case .plain(let text, _): return (.text(text), Self.shown(text))
        case .kept(let reference):
            let secret = try reference.resolve(environment: environment, fetched: fetched)
            let text = secret.withBytes { String(decoding: $0, as: UTF8.self) }
            guard ServiceURL.isAllowed(text) else {
                throw ConfigurationError(
                    file: reference.file, line: reference.line,
                    "`\(reference.place)`: what is kept there \(ServiceURL.rule)")
            }
            return (secret, Self.shown(text))
        }
    }

    /// Scheme and host: what follows, or precedes the host, may be enough to write there.
    private static func shown(_ url: String) -> String {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count >= 3 else { return "a URL" }
        let host = parts[2].split(separator: "@").last.map { $0.prefix { $0 != "?" && $0 != "#" } } ?? ""
        return "\(parts[0])//\(host)"
    }
}

extension NotificationEntry {
    /// The secrets that it needs.
    public var references: [SecretReference] {
        func kept(_ url: NotificationURL) -> [SecretReference] {
            if case .kept(let reference) = url { [reference] } else { [] }
        }
        return switch way {
        case .webhook(let url, let secret): kept(url) + [secret]
        case .slack(let url): kept(url)
        case .command: []
        }
    }
}
