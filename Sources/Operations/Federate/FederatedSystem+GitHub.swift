extension FederatedSystem {
    /// GitHub Actions, also of GitHub Enterprise Server and with data residency (GitHub, "OpenID Connect reference").
    static let gitHub = FederatedSystem(
        asks: [
            Ask(name: "repository", meaning: "one repository of the organization, as owner/name", form: .path),
            Ask(name: "environment", meaning: "a deployment environment of the repository"),
            Ask(name: "owner-id", meaning: "the number of the repository's owner", form: .number),
            Ask(name: "repository-id", meaning: "the number of the repository", form: .number),
        ], federation: gitHub)

    private static let gitHubIssuer = "https://token.actions.githubusercontent.com"

    private static func gitHub(_ place: FederatedPlace) throws(OperationFailure) -> Federation {
        if let kind = place.field("kind"), kind != "actions" {
            throw OperationFailure(
                .failed,
                "\(place.target) needs a key: keyturn knows of no OIDC token for what reads the secrets of \(kind). Only jobs of GitHub Actions federate"
            )
        }
        let repository = try gitHubRepository(place)
        let environment = try place.part("environment")
        let issuer = try place.issuer(gitHubIssuer(place.base))
        let isShared = issuer == gitHubIssuer
        var claims: [String: ClaimValue] = [:]
        claims["sub"] = try place.subject { () throws(OperationFailure) in
            let owner = try gitHubOwner(place, repository)
            if let environment { return "repo:\(owner):environment:\(environment.replacing(":", with: "%3A"))" }
            let branch = try place.needBranch(
                or:
                    "`--id environment=…` where a deployment environment guards the job; `--sub` takes any other subject"
            )
            return "repo:\(owner):ref:refs/heads/\(branch)"
        }
        // Of these claims STS knows those of github.com alone.
        if isShared, let number = place.ids["repository-id"] { claims["repository_id"] = ClaimValue(number) }
        if environment != nil || place.query.subject != nil, let branch = place.query.branch {
            guard isShared else {
                throw place.failure(
                    "for \(issuer) IAM cannot check the branch next to an environment or `--sub`: leave out `--branch`, and restrict the environment's branches in its deployment rules"
                )
            }
            claims["ref"] = "refs/heads/\(branch)"
        }
        return Federation(
            issuer: issuer, audience: place.stsAudience, roles: [.init(purpose: nil, claims: claims)],
            pipeline: gitHubPipeline(place, environment),
            notes: gitHubNotes(place, environment, isShared), question: gitHubQuestion(place, repository))
    }

    private static func gitHubRepository(_ place: FederatedPlace) throws(OperationFailure) -> String {
        let repository = try place.need([("repository", try place.part("repository"))])[0]
        if let organization = place.field("organization") {
            guard repository.lowercased().hasPrefix(organization.lowercased() + "/") else {
                throw place.failure("`--id repository=\(repository)` is not a repository of \(organization)")
            }
        }
        return repository
    }

    /// The repository as `sub` names it: with its numbers where they are given, as newer repositories do.
    private static func gitHubOwner(_ place: FederatedPlace, _ repository: String) throws(OperationFailure) -> String {
        guard let owner = place.ids["owner-id"] else { return repository }
        guard let number = place.ids["repository-id"] else {
            throw place.failure("`--id owner-id` is for the subject with both numbers: add `--id repository-id=…`")
        }
        let names = repository.split(separator: "/", maxSplits: 1)
        return "\(names[0])@\(owner)/\(names[1])@\(number)"
    }

    private static func gitHubIssuer(_ base: String?) -> String {
        guard let base, base != "https://api.github.com" else { return gitHubIssuer }
        if base.hasPrefix("https://api."), base.hasSuffix(".ghe.com") {
            return "https://token.actions." + base.dropFirst("https://api.".count)
        }
        let host = base.hasSuffix("/api/v3") ? String(base.dropLast("/api/v3".count)) : base
        return host + "/_services/token"
    }

    private static func gitHubPipeline(_ place: FederatedPlace, _ environment: String?) -> Federation.Pipeline {
        let guarded = environment.map { "    environment: \(FederatedPlace.yaml($0))\n" } ?? ""
        let audience = place.isInChina ? "\n          audience: \(place.stsAudience)" : ""
        return Federation.Pipeline(
            place: ".github/workflows",
            text: """
                permissions:
                  id-token: write
                  contents: read
                jobs:
                  deploy:
                    runs-on: ubuntu-latest
                \(guarded)    steps:
                      - uses: aws-actions/configure-aws-credentials@v4
                        with:
                          role-to-assume: \(place.roleARN())
                          aws-region: \(place.region)\(audience)
                """)
    }

    private static func gitHubNotes(_ place: FederatedPlace, _ environment: String?, _ isShared: Bool) -> [String] {
        var notes = [
            "keyturn did not ask GitHub how this repository's tokens name their subject. If `use_default` is false, pass the subject of a real token with `--sub`; if `use_immutable_subject` is true, as for repositories that were created, renamed or transferred after 15 July 2026, add `--id owner-id=…` and `--id repository-id=…`.",
            "IAM compares the subject letter by letter: owner and repository must be written as GitHub shows them.",
            "Take the inputs aws-access-key-id and aws-secret-access-key out of the step, and `env` entries with the key out of the workflow.",
        ]
        if environment != nil, place.query.branch == nil {
            notes.append(
                "The subject of a job with an environment does not name the branch: restrict branches in the environment's deployment rules\(isShared ? ", or add `--branch`" : "")."
            )
        }
        if place.ids["repository-id"] == nil {
            notes.append(
                "A name can be taken by someone else once an owner or repository is deleted; its number cannot\(isShared ? ": `--id repository-id=…` has IAM check it" : "")."
            )
        }
        if !isShared {
            notes.append(
                "An enterprise may add its name to the issuer: then pass it with `--issuer`. AWS must reach the issuer from the internet."
            )
        }
        return notes
    }

    private static func gitHubQuestion(_ place: FederatedPlace, _ repository: String) -> String {
        let host = place.base.flatMap { base -> String? in
            guard base != "https://api.github.com" else { return nil }
            let name = base.split(separator: "/").dropFirst().first.map(String.init) ?? ""
            return base.hasSuffix(".ghe.com") && name.hasPrefix("api.") ? String(name.dropFirst(4)) : name
        }
        let option = host.map { " --hostname \(FederatedPlace.shell($0))" } ?? ""
        let path = FederatedPlace.shell("repos/\(repository)")
        return """
            gh api\(option) \(path) --jq '"owner-id=\\(.owner.id) repository-id=\\(.id)"'
            gh api\(option) \(FederatedPlace.shell("repos/\(repository)/actions/oidc/customization/sub"))
            """
    }
}
