internal import JSON
public import Rotation
public import Secrets

/// A receiver of `notifications` or `notify`: who is notified of what.
public struct NotificationEntry: Hashable, Sendable {
    /// How they are notified.
    public enum Way: Hashable, Sendable {
        /// A URL, or where it is kept, and the secret that messages are signed with.
        case webhook(NotificationURL, secret: SecretReference)
        /// Where the URL is kept.
        case slack(NotificationURL)
        /// Where the URL of a workflow is kept.
        case teams(NotificationURL)
        /// The base URL of the Events API, and where the integration key is kept.
        case pagerDuty(String, key: SecretReference)
        /// Addresses, and a program that takes what sendmail(8) takes.
        case email(from: String, to: [String], sendmail: [String])
        /// A program and its arguments, and names of variables that it gets besides the ordinary ones.
        case command([String], environment: [String])
    }

    /// How they are notified.
    public var way: Way
    /// What of.
    public var occasions: Set<NotificationEvent.Occasion>
    /// How long a problem that may pass by itself is not sent.
    public var patience: Duration
    /// How often what is not urgent is sent, many pieces in one message; nil: at once.
    public var digest: Duration?
    /// The name in `notify`; nil: it gets messages about users without an owner.
    public var owner: String?
}

/// A URL that is in the file, or, where knowing it is enough to write there, elsewhere.
public enum NotificationURL: Hashable, Sendable {
    case plain(String, line: Int)
    case kept(SecretReference)
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
    /// Fetches an integration key of PagerDuty.
    public static func integrationKey(
        _ reference: SecretReference, environment: [String: String], fetched: FetchedSecrets
    ) throws(ConfigurationError) -> Secret {
        let key = try reference.resolve(environment: environment, fetched: fetched)
        let isFine = key.withBytes { bytes in
            (16...64).contains(bytes.count)
                && bytes.allSatisfy {
                    (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                }
        }
        guard isFine else {
            throw ConfigurationError(
                file: reference.file, line: reference.line,
                "`\(reference.place)`: what is kept there is not an integration key of PagerDuty: 32 letters and digits, from the "
                    + "service's integration \"Events API v2\"")
        }
        return key
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
        case .slack(let url), .teams(let url): kept(url)
        case .pagerDuty(_, let key): [key]
        case .email, .command: []
        }
    }
}
