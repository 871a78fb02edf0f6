/// A CI system whose jobs can prove which key they are given.
package enum ProofSystem: String, CaseIterable, Sendable {
    case github, gitlab, travis

    /// The plugin that lists the places which its jobs read.
    var plugin: String {
        switch self {
        case .github: "github-actions"
        case .gitlab: "gitlab-ci"
        case .travis: "travis-ci"
        }
    }

    /// Whether jobs name an environment that some variables are for.
    package var hasEnvironments: Bool { self != .travis }
}
