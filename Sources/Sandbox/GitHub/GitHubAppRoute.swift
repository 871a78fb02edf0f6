/// The paths that an App asks with its own signature.
enum GitHubAppRoute: Sendable {
    case app
    case installations
    case installation(Int)
    case repositoryInstallation(String)
    case accountInstallation(String)
    case accessTokens(Int)

    init?(_ segments: [String]) {
        switch (segments.first, segments.count) {
        case ("app", 1): self = .app
        case ("app", 2) where segments[1] == "installations": self = .installations
        case ("app", 3...4) where segments[1] == "installations":
            guard let id = Int(segments[2]), segments.count == 3 || segments[3] == "access_tokens" else { return nil }
            self = segments.count == 3 ? .installation(id) : .accessTokens(id)
        case ("repos", 4) where segments[3] == "installation":
            self = .repositoryInstallation("\(segments[1])/\(segments[2])")
        case ("orgs", 3) where segments[2] == "installation", ("users", 3) where segments[2] == "installation":
            self = .accountInstallation(segments[1])
        default: return nil
        }
    }
}
