extension FederatedSystem {
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
}
