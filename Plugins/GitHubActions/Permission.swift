import PusherKit

/// The least permission that writing to a target takes, in the words of GitHub's settings and of its API.
struct Permission {
    let target: Target

    /// For people: `write access to Secrets of the repository`.
    var access: String {
        "write access to \(names.joined(separator: " and ")) of the "
            + (target.place.isOrganization ? "organization" : "repository")
    }

    /// The same for whoever makes a token: `write access to Secrets of the repository (classic: scope repo)`.
    var ofToken: String { "\(access) (classic: scope \(scope))" }

    /// The scope of a classic token.
    var scope: String { target.place.isOrganization ? "admin:org" : "repo" }

    /// The permissions to ask for with an App's token; nil where GitHub documents no name for one of them, and the token
    /// gets all that the App has.
    var ofApp: [String]? {
        switch (target.place, target.keyIDAs) {
        case (.environment, _): ["environments"]
        case (.repository(_, _, .actions), .secret): ["secrets"]
        case (.repository(_, _, .dependabot), .secret): ["dependabot_secrets"]
        case (.organization(_, .actions), .secret): ["organization_secrets"]
        default: nil
        }
    }

    private var names: [String] {
        if case .environment = target.place { return ["Environments"] }
        let secrets =
            switch target.place.kind {
            case .actions: "Secrets"
            case .dependabot: "Dependabot secrets"
            case .codespaces: "Codespaces secrets"
            }
        return target.keyIDAs == .variable ? [secrets, "Variables"] : [secrets]
    }
}
