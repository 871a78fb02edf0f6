/// A CI system whose jobs can exchange a token of their own for credentials of AWS.
struct FederatedSystem: Sendable {
    /// Something that cannot be known from a target, and is given by `--id NAME=VALUE`.
    struct Ask: Sendable {
        /// What a value may be.
        enum Form: Sendable {
            case text, uuid, number, path

            func fits(_ value: String) -> Bool {
                switch self {
                case .text: true
                case .uuid: FederatedSystem.isUUID(value)
                case .number: !value.isEmpty && value.utf8.allSatisfy { (0x30...0x39).contains($0) }
                case .path:
                    value.contains("/")
                        && value.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty }
                }
            }

            var words: String {
                switch self {
                case .text: "a text"
                case .uuid: "a UUID such as 0f5ae8a1-2b6c-4d3e-8f90-1a2b3c4d5e6f"
                case .number: "a number"
                case .path: "a path such as acme/app"
                }
            }
        }

        var name: String
        var meaning: String
        var form = Form.text
    }

    var asks: [Ask]
    /// Whether its tokens say of which branch a job is.
    var takesBranch = true
    /// Whether `--sub` can replace what keyturn would write.
    var takesSubject = true
    var federation: @Sendable (FederatedPlace) throws(OperationFailure) -> Federation

    static func isUUID(_ text: String) -> Bool {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        return groups.map(\.utf8.count) == [8, 4, 4, 4, 12]
            && groups.allSatisfy { $0.allSatisfy { $0.isASCII && $0.isHexDigit } }
    }

    /// By the ID of the plugin that pushes to it.
    static let all: [String: FederatedSystem] = [
        "azure-devops": .azureDevOps, "bitbucket": .bitbucket, "buildkite": .buildkite, "circleci": .circleCI,
        "forgejo": .forgejo, "github-actions": .gitHub, "gitlab-ci": .gitLab, "jenkins": .jenkins,
        "terraform-cloud": .terraform,
    ]

    /// Why a plugin's targets need a key, and what to do instead.
    static let without = [
        "travis-ci":
            "Travis CI gives its jobs no OIDC token. Let keyturn go on rotating the key, or move the jobs that need AWS to a system that federates",
        "kubernetes":
            "a Kubernetes Secret is not a CI system. In EKS, give the service account a role (EKS Pod Identity, or IAM roles for service accounts); elsewhere, find out which jobs read the Secret",
        "vault-kv":
            "Vault is not a CI system. Vault's AWS secrets engine issues temporary credentials by itself, and jobs can get them there",
        "aws-secrets-manager":
            "Secrets Manager is not a CI system. Whoever reads the secret has credentials of AWS already: give that identity the permissions",
        "aws-ssm":
            "the Parameter Store is not a CI system. Whoever reads the parameter has credentials of AWS already: give that identity the permissions",
        "file":
            "a file is not a CI system. On a machine in AWS use its instance profile, elsewhere IAM Roles Anywhere",
        "webhook": "keyturn does not know who uses the key behind a webhook. Check whether that system federates",
        "exec": "keyturn does not know who uses the key that a program takes. Check whether that system federates",
    ]

    /// Whether jobs of a target's system could do without a key, whatever else has to be known for it.
    ///
    /// - Parameters:
    ///   - plugin: its ID.
    ///   - kind: the target's field `kind`.
    static func couldFederate(plugin: String, kind: String?) -> Bool {
        all[plugin] != nil && (kind == nil || kind == "actions")
    }
}
