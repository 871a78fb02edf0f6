import Configuration
import JSON
import Rotation
import Testing

/// The example of the documentation, and pieces to make small files of.
enum Sample {
    static let file = "/etc/keyturn/keyturn.yaml"

    static let full = """
        version: 1
        state: sqlite:/var/lib/keyturn/state.db
        seal-key: { file: /etc/keyturn/seal.key }
        aws:
          region: us-west-2
          endpoint-url: http://127.0.0.1:5555
        plugins: { path: [/usr/lib/keyturn/pushers], lock: keyturn.lock }
        pushers:
          travis: { plugin: travis-ci,      token: { env: TRAVIS_TOKEN } }
          gitlab: { plugin: gitlab-ci,      token: { file: /run/secrets/gitlab }, endpoint: https://gitlab.example.com }
          github: { plugin: github-actions, token: { env: GITHUB_TOKEN } }
        defaults: { rotate-every: 24h, overlap: 1h, soak: 1h }
        users:
          cicd-bot:
            rotate-every: 12h
            targets:
              - { pusher: travis, repository: acme/app }
              - { pusher: gitlab, project: acme/tools/app, environment-scope: production }
              - { pusher: github, repository: acme/app, environment: prod, access-key-id: DEPLOY_KEY_ID, secret-access-key: DEPLOY_SECRET }
        """

    /// A file with these pushers and targets for one user; the first target stands in line 12.
    static func small(pushers: [String] = [], targets: [String]) -> String {
        var standard = [
            "travis: { plugin: travis-ci, token: { env: T } }", "gitlab: { plugin: gitlab-ci, token: { env: T } }",
            "github: { plugin: github-actions, token: { env: T } }",
        ]
        standard += pushers
        return """
            version: 1
            state: sqlite:state.db
            seal-key: { file: seal.key }
            pushers:
            \(standard.map { "  " + $0 }.joined(separator: "\n"))
            users:
              bot:
                targets:
            \(targets.map { "      - { \($0) }" }.joined(separator: "\n"))
            """
    }

    /// Reads a text and checks it against the plugins.
    static func resolve(_ text: String) throws(ConfigurationError) -> (
        pushers: [ConfiguredPusher], users: [ConfiguredUser]
    ) {
        let resolution = try Configuration(text: text, file: file).resolve(Plugins.all)
        return (resolution.pushers, resolution.users)
    }

    /// The error of a text, as people see it, without the file's name.
    static func complaint(_ text: String) -> String? {
        do { _ = try resolve(text) } catch { return String(error.description.dropFirst(file.count + 1)) }
        return nil
    }

    /// The names of the targets of the one user.
    static func names(_ targets: [String], pushers: [String] = []) throws -> [String] {
        try resolve(small(pushers: pushers, targets: targets)).users.flatMap(\.targets).map(\.name.rawValue)
    }
}

/// Expects a text to be complained about in exactly these words.
func expectComplaint(_ text: String, _ complaint: String, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(Sample.complaint(text) == complaint, sourceLocation: sourceLocation)
}
