internal import Rotation

/// Puts uses together that say the same: program, address and service.
struct UseGroups {
    private struct Name: Hashable {
        var agent: String
        var address: String
        var service: String
    }

    private struct Members {
        var count = 0
        var refused = 0
        var first: Timestamp
        var last: Timestamp
        var operations: [String: Int] = [:]
        var regions: Set<String> = []
    }

    /// Groups that are kept, and words of each: agents are texts from outside.
    private static let mostGroups = 10_000
    private static let mostWords = 100
    /// Operations that are shown of a group.
    private static let shownOperations = 5

    private var groups: [Name: Members] = [:]
    private var seen: Set<String> = []
    /// Records that are kept apart from those seen before: a file may be there twice.
    private static let mostRecords = 2_000_000

    /// Takes in one use, unless it was seen before.
    mutating func take(_ use: KeyUseRecord) {
        if !use.id.isEmpty, seen.count < Self.mostRecords, !seen.insert(use.id).inserted { return }
        let name = Name(agent: use.agent, address: use.address, service: use.service)
        guard groups[name] != nil || groups.count < Self.mostGroups else { return }
        var members = groups[name] ?? Members(first: use.at, last: use.at)
        members.count += 1
        if use.error != nil { members.refused += 1 }
        (members.first, members.last) = (min(members.first, use.at), max(members.last, use.at))
        if members.operations[use.operation] != nil || members.operations.count < Self.mostWords {
            members.operations[use.operation, default: 0] += 1
        }
        if members.regions.count < Self.mostWords { members.regions.insert(use.region) }
        groups[name] = members
    }

    /// The groups, the latest use first.
    func list(_ ranges: AddressRanges) -> [UsesDocument.Group] {
        groups.sorted { ($1.value.last, $0.key.agent, $0.key.address) < ($0.value.last, $1.key.agent, $1.key.address) }
            .map { name, members in
                let operations = members.operations.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
                return UsesDocument.Group(
                    agent: name.agent, program: Self.program(name.agent), address: name.address,
                    network: ranges.name(of: name.address), service: name.service,
                    operations: Array(operations.prefix(Self.shownOperations)), regions: members.regions.sorted(),
                    count: members.count, refused: members.refused, first: Moment.text(members.first),
                    last: Moment.text(members.last))
            }
    }

    /// What is in the user agents of programs that use keys in pipelines, the most specific first.
    private static let programs = [
        ("keyturn", "keyturn itself"), ("configure-aws-credentials", "GitHub Actions (configure-aws-credentials)"),
        ("github-actions", "GitHub Actions"), ("gitlab", "GitLab CI"), ("bitbucket", "Bitbucket Pipelines"),
        ("jenkins", "Jenkins"), ("teamcity", "TeamCity"), ("buildkite", "Buildkite"), ("circleci", "CircleCI"),
        ("codebuild", "AWS CodeBuild"), ("terraform", "Terraform"), ("opentofu", "OpenTofu"), ("pulumi", "Pulumi"),
        ("aws-cdk", "AWS CDK"), ("serverless", "Serverless Framework"), ("ansible", "Ansible"), ("packer", "Packer"),
        ("aws-cli", "AWS CLI"), ("boto3", "a Python program"), ("botocore", "a Python program"),
        ("aws-sdk-go", "a Go program"), ("aws-sdk-js", "a JavaScript program"), ("aws-sdk-java", "a Java program"),
        ("aws-sdk-rust", "a Rust program"), ("aws-sdk-ruby", "a Ruby program"), ("aws-sdk-php", "a PHP program"),
        ("aws-sdk-dotnet", "a .NET program"), ("console.amazonaws.com", "the AWS console"),
    ]

    static func program(_ agent: String) -> String? {
        let small = agent.lowercased()
        return programs.first { small.contains($0.0) }?.1
    }
}
