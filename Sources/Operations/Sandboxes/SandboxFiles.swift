internal import FoundationEssentials
internal import Journal
internal import Secrets

/// A configuration for a running sandbox, with everything that it refers to.
package struct SandboxFiles {
    package let directory: String
    package let configuration: String

    package init(
        directory: String, _ place: SandboxProcess.Announcement, overlap: String = "5s", soak: String = "5s"
    ) throws {
        self.directory = directory
        configuration = "\(directory)/keyturn.yaml"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        var files = [
            "keyturn.yaml": Self.text(place, overlap: overlap, soak: soak),
            "seal.key": Seal.makeKey().withBytes { Data($0).base64EncodedString() },
            "environment": """
            export AWS_ACCESS_KEY_ID=\(place.accessKeyId) AWS_SECRET_ACCESS_KEY=\(place.secretAccessKey)
            export AWS_ENDPOINT_URL=\(place.aws) AWS_REGION=\(place.region)
            export TRAVIS_TOKEN=\(place.tokens["travis"] ?? "") GITLAB_TOKEN=\(place.tokens["gitlab"] ?? "")
            export GITHUB_TOKEN=\(place.tokens["github"] ?? "")
            export KEYTURN_CONFIG=\(Self.quoted(URL(fileURLWithPath: configuration).path))
            export SANDBOX_CONTROL=\(place.control)

            """,
        ]
        for (system, token) in place.tokens { files["\(system).token"] = token }
        for (name, text) in files {
            let path = "\(directory)/\(name)"
            guard
                FileManager.default.createFile(
                    atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
            else { throw OperationFailure(.failed, "\(path) cannot be written") }
        }
    }

    /// A word of the shell's, whatever is in it.
    private static func quoted(_ word: String) -> String {
        "'\(word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
    }

    private static func text(_ place: SandboxProcess.Announcement, overlap: String, soak: String) -> String {
        """
        version: 1
        state: sqlite:keyturn.db
        seal-key: { file: seal.key }
        aws: { region: \(place.region), endpoint-url: \(place.aws) }
        pushers:
          travis: { plugin: travis-ci,      token: { file: travis.token }, endpoint: \(place.travis) }
          gitlab: { plugin: gitlab-ci,      token: { file: gitlab.token }, endpoint: \(place.gitlab) }
          github: { plugin: github-actions, token: { file: github.token }, endpoint: \(place.github) }
        defaults: { rotate-every: 24h, overlap: \(overlap), soak: \(soak) }
        users:
          cicd-bot:
            targets:
              - { pusher: travis, repository: acme/app }
              - { pusher: gitlab, project: acme/tools/app }
              - { pusher: github, repository: acme/app }

        """
    }
}
