extension FederatedSystem {
    /// CircleCI (CircleCI, "OpenID Connect tokens"): the second form of its token, which names the repository and the branch.
    static let circleCI = FederatedSystem(
        asks: [
            Ask(name: "organization-id", meaning: "the organization's UUID, in its settings", form: .uuid),
            Ask(name: "project-id", meaning: "the project's UUID, in its settings", form: .uuid),
            Ask(name: "origin", meaning: "the repository as in github.com/acme/app", form: .path),
        ], federation: circleCI)

    private static func circleCI(_ place: FederatedPlace) throws(OperationFailure) -> Federation {
        let slug = (place.field("project") ?? "").split(separator: "/").map(String.init)
        // A standalone project's slug has both UUIDs.
        let hasIDs = slug.count == 3 && slug[0] == "circleci" && isUUID(slug[1]) && isUUID(slug[2])
        let hosts = ["gh": "github.com", "github": "github.com", "bb": "bitbucket.org", "bitbucket": "bitbucket.org"]
        let origin = slug.count == 3 ? hosts[slug[0]].map { "\($0)/\(slug[1])/\(slug[2])" } : nil
        var needs = [
            ("organization-id", hasIDs ? slug[1] : place.ids["organization-id"]),
            ("project-id", hasIDs ? slug[2] : place.ids["project-id"]),
        ]
        if place.query.subject == nil { needs.append(("origin", place.ids["origin"] ?? origin)) }
        let parts = try place.need(needs)
        let (organization, project) = (parts[0].lowercased(), parts[1].lowercased())
        let subject = try place.subject { () throws(OperationFailure) in
            let (start, end) = ("org/\(organization)/project/\(project)/user/", "/vcs-origin/\(parts[2])/vcs-ref/")
            guard let branch = place.query.branch else {
                return "\(start)\(unknown: .uuid)\(end)\(unknown: .rest)"
            }
            return "\(start)\(unknown: .uuid)\(end)refs/heads/\(branch)"
        }
        var notes = [
            "A job gets a token only if it uses a context; any will do.",
            "The pattern leaves open who started the job, and nothing else: builds of forks have another vcs-origin.",
            "Jobs of custom webhooks have no branch in their token, and do not get the role.",
        ]
        if place.query.branch == nil, place.query.subject == nil {
            notes.append("Jobs of every branch and tag of the repository get the role; `--branch main` restricts it.")
        }
        let issuer = try place.issuer("https://oidc.circleci.com/org/\(organization)")
        if place.base.map({ !$0.hasPrefix("https://circleci.com/") }) == true, place.query.issuer == nil {
            throw place.failure("CircleCI Server has an issuer of its own (from version 4.4 on): add `--issuer URL`")
        }
        return Federation(
            issuer: issuer, audience: organization,
            roles: [
                .init(
                    purpose: nil,
                    claims: ["sub": subject, "oidc.circleci.com/project-id": ClaimValue(project)])
            ],
            pipeline: .init(
                place: ".circleci/config.yml",
                text: """
                    jobs:
                      deploy:
                        steps:
                          - run:
                              name: Credentials of AWS
                              command: |
                                umask 077
                                printf '%s' "$CIRCLE_OIDC_TOKEN_V2" > "$HOME/.aws-oidc-token"
                                cat >> "$BASH_ENV" <<'END'
                                \(place.unsetting)
                                export AWS_WEB_IDENTITY_TOKEN_FILE="$HOME/.aws-oidc-token"
                                export AWS_ROLE_ARN=\(place.roleARN())
                                export AWS_ROLE_SESSION_NAME="circleci-$CIRCLE_BUILD_NUM" AWS_REGION=\(place.region)
                                END
                    """), notes: notes)
    }

    /// Bitbucket Pipelines (Atlassian, "Deploy on AWS using Bitbucket Pipelines OpenID Connect").
    static let bitbucket = FederatedSystem(
        asks: [
            Ask(name: "workspace-id", meaning: "the workspace's UUID, without braces", form: .uuid),
            Ask(name: "repository-id", meaning: "the repository's UUID, without braces", form: .uuid),
            Ask(name: "environment-id", meaning: "the deployment environment's UUID, without braces", form: .uuid),
        ], takesBranch: false, federation: bitbucket)

    private static func bitbucket(_ place: FederatedPlace) throws(OperationFailure) -> Federation {
        func uuid(_ field: String) -> String? {
            guard let text = place.field(field), text.hasPrefix("{") else { return place.ids["\(field)-id"] }
            return String(text.dropFirst().dropLast())
        }
        let needsSubject = place.query.subject == nil
        var needs = [("workspace-id", uuid("workspace"))]
        if needsSubject { needs.append(("repository-id", uuid("repository"))) }
        let hasEnvironment = place.field("environment") != nil
        if needsSubject, hasEnvironment { needs.append(("environment-id", place.ids["environment-id"])) }
        let parts = try place.need(needs).map { $0.lowercased() }
        let environment = parts.count > 2 ? parts[2] : place.ids["environment-id"]?.lowercased()
        let subject = try place.subject { () throws(OperationFailure) in
            // The braces are part of the token's text.
            guard let environment else { return "{\(parts[1])}:{\(unknown: .uuid)}" }
            return "{\(parts[1])}:{\(environment)}:{\(unknown: .uuid)}"
        }
        let workspace = place.field("workspace") ?? ""
        let usual = "https://api.bitbucket.org/2.0/workspaces/\(workspace)/pipelines-config/identity/oidc"
        if workspace.hasPrefix("{"), place.query.issuer == nil {
            throw place.failure(
                "the target names its workspace by UUID, and the issuer has its name: add `--issuer URL`, as Bitbucket shows it in the repository's settings under OpenID Connect"
            )
        }
        var notes = [
            "Bitbucket shows all of it in the repository's settings under Pipelines, OpenID Connect: compare the issuer and the audience with what is here.",
            "The subject does not name the branch.",
        ]
        notes.append(
            environment == nil
                ? "Only steps without a deployment environment match; for one, add `--id environment-id=…`."
                : "Restrict the branches that may deploy in the environment's settings.")
        return Federation(
            issuer: try place.issuer(usual), audience: "ari:cloud:bitbucket::workspace/\(parts[0])",
            roles: [.init(purpose: nil, claims: ["sub": subject])],
            pipeline: .init(
                place: "bitbucket-pipelines.yml",
                text: """
                    - step:
                        oidc: true
                    \(place.field("environment").map { "    deployment: \(FederatedPlace.yaml($0))\n" } ?? "")    script:
                          - \(place.unsetting)
                          - export AWS_WEB_IDENTITY_TOKEN_FILE="$(mktemp)"
                          - printf '%s' "$BITBUCKET_STEP_OIDC_TOKEN" > "$AWS_WEB_IDENTITY_TOKEN_FILE"
                          - export AWS_ROLE_ARN=\(place.roleARN())
                          - export AWS_ROLE_SESSION_NAME="bitbucket-$BITBUCKET_BUILD_NUMBER" AWS_REGION=\(place.region)
                    """), notes: notes)
    }

    /// Buildkite (Buildkite, "OIDC with AWS").
    static let buildkite = FederatedSystem(
        asks: [
            Ask(name: "pipeline", meaning: "one pipeline of the organization, by its slug"),
            Ask(name: "step", meaning: "the key of one step"),
        ], federation: buildkite)

    private static func buildkite(_ place: FederatedPlace) throws(OperationFailure) -> Federation {
        let subject = try place.subject { () throws(OperationFailure) in
            let parts = try place.need([
                ("organization", try place.part("organization")), ("pipeline", place.ids["pipeline"]),
            ])
            let branch = try place.needBranch(or: "`--sub` with the subject of a token that `--subject-claim` made")
            let start = "organization:\(parts[0]):pipeline:\(parts[1]):ref:refs/heads/\(branch):commit:"
            guard let step = place.ids["step"] else {
                return "\(start)\(unknown: .characters(40)):step:\(unknown: .rest)"
            }
            return "\(start)\(unknown: .characters(40)):step:\(step)"
        }
        var notes = [
            "The pattern leaves open the commit, by its 40 characters: a build of `HEAD` has none until it has checked out, and does not get the role."
        ]
        if place.ids["step"] == nil, place.query.subject == nil {
            notes.append("Every step of the pipeline gets the role on this branch; `--id step=…` restricts it to one.")
        }
        return Federation(
            issuer: try place.issuer("https://agent.buildkite.com"), audience: "sts.amazonaws.com",
            roles: [.init(purpose: nil, claims: ["sub": subject])],
            pipeline: .init(
                place: ".buildkite/pipeline.yml",
                text: """
                    steps:
                      - key: \(FederatedPlace.yaml(place.ids["step"] ?? "deploy"))
                        env:
                          AWS_REGION: \(place.region)
                        plugins:
                          - aws-assume-role-with-web-identity#v1.4.0:
                              role-arn: \(place.roleARN())
                    """), notes: notes)
    }
}
