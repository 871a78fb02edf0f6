/// The first place of a new configuration: which system, and where there.
package struct FirstTarget: Sendable {
    /// The systems that `init` knows, with the variable that the token is commonly in and the field that names the place.
    package enum System: String, CaseIterable, Sendable {
        case travis, gitlab, github

        package var title: String {
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

        package var field: String { self == .gitlab ? "project" : "repository" }
        package var token: String { "\(rawValue.uppercased())_TOKEN" }
    }

    package var system: System
    /// `acme/app`
    package var place: String

    package init(system: System, place: String) { (self.system, self.place) = (system, place) }

    /// Whether a text may be the full path of a repository or project; it also needs no quotes in YAML.
    package static func isPlace(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count >= 2
            && parts.allSatisfy { part in
                part.first.map { $0.isASCII && ($0.isLetter || $0.isNumber) } ?? false
                    && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-".contains($0)) }
            }
    }

    var targetLine: String { "- { pusher: \(system.rawValue), \(system.field): \(place) }" }
}
