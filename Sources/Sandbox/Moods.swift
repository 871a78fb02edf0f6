import JSON

/// How the services differ from an ordinary day, as `POST /moods` says.
struct Moods: Sendable {
    /// Seconds for which GitHub's lists show what was before a write.
    var githubLag = 0.0
    /// Seconds by which GitHub's clock is ahead of this machine's.
    var githubLead = 0.0
    /// When GitHub's token ends, as its header field says; nil: never.
    var githubTokenEnd: String?
    /// Whether GitLab is in maintenance mode.
    var gitlabIsReadOnly = false
    /// Whether GitLab's licence has environment scopes for groups.
    var gitlabHasGroupScopes = true
    /// Where projects of GitLab have moved, by their old paths.
    var gitlabMoved: [String: String] = [:]
    /// The day on which GitLab's token ends; nil: never.
    var gitlabTokenEnd: String?
    /// The scopes of GitLab's token.
    var gitlabScopes = ["api"]
    /// An access key of another AWS account, about which IAM does not answer.
    var foreignKey: String?

    /// Takes over what is said; the rest stays.
    ///
    /// - Returns: a field that does not exist; nil: all do.
    mutating func apply(_ json: [String: JSONValue]) -> String? {
        for (name, value) in json {
            switch name {
            case "github-lag": githubLag = Double(value.int ?? 0)
            case "github-lead": githubLead = Double(value.int ?? 0)
            case "github-token-end": githubTokenEnd = value.string
            case "gitlab-read-only": gitlabIsReadOnly = value.bool ?? false
            case "gitlab-group-scopes": gitlabHasGroupScopes = value.bool ?? true
            case "gitlab-moved": gitlabMoved = (value.object ?? [:]).compactMapValues(\.string)
            case "gitlab-token-end": gitlabTokenEnd = value.string
            case "foreign-key": foreignKey = value.string
            case "gitlab-scopes": gitlabScopes = (value.array ?? []).compactMap(\.string)
            default: return name
            }
        }
        return nil
    }
}
