/// What lists repositories, and which of them run workflows.
enum GitHubListing: Sendable, Equatable {
    case organization(String)
    case user(String)
    case own
    case actions(String)
    case actionsRepositories(String)

    init?(_ segments: [String]) {
        switch (segments.first, segments.count) {
        case ("orgs", 3) where segments[2] == "repos": self = .organization(segments[1])
        case ("users", 3) where segments[2] == "repos": self = .user(segments[1])
        case ("user", 2) where segments[1] == "repos": self = .own
        case ("orgs", 4) where segments[2...] == ["actions", "permissions"]: self = .actions(segments[1])
        case ("orgs", 5) where segments[2...] == ["actions", "permissions", "repositories"]:
            self = .actionsRepositories(segments[1])
        default: return nil
        }
    }
}
