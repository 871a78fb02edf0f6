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
}
