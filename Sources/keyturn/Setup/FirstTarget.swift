/// The first place of a new configuration: which system, and where there.
struct FirstTarget {
    /// The systems that `init` knows, with the variable that the token is commonly in and the field that names the place.
    enum System: String, CaseIterable {
        case travis, gitlab, github

        var title: String {
            switch self {
            case .travis: "Travis CI"
            case .gitlab: "GitLab CI"
            case .github: "GitHub Actions"
            }
        }

        var pusher: String {
            switch self {
            case .travis: "travis: { plugin: travis-ci, token: { env: TRAVIS_TOKEN } }"
            case .gitlab: "gitlab: { plugin: gitlab-ci, token: { env: GITLAB_TOKEN } }"
            case .github: "github: { plugin: github-actions, token: { env: GITHUB_TOKEN } }"
            }
        }

        var field: String { self == .gitlab ? "project" : "repository" }
        var token: String { "\(rawValue.uppercased())_TOKEN" }
    }

    var system: System
    /// `acme/app`
    var place: String

    /// Whether a text may be the full path of a repository or project; it also needs no quotes in YAML.
    static func isPlace(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count >= 2
            && parts.allSatisfy { part in
                part.first.map { $0.isASCII && ($0.isLetter || $0.isNumber) } ?? false
                    && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-".contains($0)) }
            }
    }

    var targetLine: String { "- { pusher: \(system.rawValue), \(system.field): \(place) }" }
}
