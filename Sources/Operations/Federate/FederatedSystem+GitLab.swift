extension FederatedSystem {
    /// GitLab CI (GitLab, "OpenID Connect (OIDC) authentication using ID tokens").
    static let gitLab = FederatedSystem(
        asks: [Ask(name: "project", meaning: "one project, by its full path", form: .path)], federation: gitLab)

    private static func gitLab(_ place: FederatedPlace) throws(OperationFailure) -> Federation {
        let issuer = try place.issuer(place.base ?? "https://gitlab.com")
        let subject = try place.subject { () throws(OperationFailure) in
            let project = try gitLabProject(place)
            let branch = try place.needBranch(
                or: "`--sub` with the subject of a real token for a tag or a configured subject")
            return "project_path:\(project):ref_type:branch:ref:\(branch)"
        }
        let scope = place.field("environment-scope") ?? "*"
        var notes = [
            "keyturn did not ask GitLab which claims make up the subject of this project's tokens. If the answer is not project_path, ref_type and ref, in this order, pass the subject of a real token with `--sub`.",
            "The subject does not say whether the branch is protected: whoever may push to it may assume the role.",
        ]
        if scope != "*" {
            notes.append(
                "The subject does not name the environment: the variables' scope \(scope) has no counterpart here.")
        }
        if place.base != nil, place.base != "https://gitlab.com" {
            notes.append(
                "AWS must reach \(issuer)/.well-known/openid-configuration from the internet; else publish it and the keys elsewhere, and pass that URL with `--issuer`."
            )
        }
        return Federation(
            issuer: issuer, audience: issuer, roles: [.init(purpose: nil, claims: ["sub": subject])],
            pipeline: .init(
                place: ".gitlab-ci.yml",
                text: """
                    deploy:
                      id_tokens:
                        AWS_OIDC_TOKEN:
                          aud: \(FederatedPlace.yaml(issuer))
                      before_script:
                        - \(place.unsetting)
                        - export AWS_WEB_IDENTITY_TOKEN_FILE="$(mktemp)"
                        - printf '%s' "$AWS_OIDC_TOKEN" > "$AWS_WEB_IDENTITY_TOKEN_FILE"
                        - export AWS_ROLE_ARN=\(place.roleARN())
                        - export AWS_ROLE_SESSION_NAME="gitlab-$CI_JOB_ID" AWS_REGION=\(place.region)
                    """), notes: notes, question: try gitLabQuestion(place))
    }

    private static func gitLabQuestion(_ place: FederatedPlace) throws(OperationFailure) -> String? {
        guard let project = try place.part("project") else { return nil }
        let host = place.base.flatMap { $0.split(separator: "/").dropFirst().first }.map(String.init)
        let option = host == nil || host == "gitlab.com" ? "" : " --hostname \(FederatedPlace.shell(host ?? ""))"
        let path = FederatedPlace.shell("projects/\(project.replacing("/", with: "%2F"))")
        return "glab api\(option) \(path) | jq .ci_id_token_sub_claim_components"
    }

    /// The variables of a group or an instance belong to many projects, a role to one.
    private static func gitLabProject(_ place: FederatedPlace) throws(OperationFailure) -> String {
        let project = try place.need([("project", try place.part("project") { $0.contains("/") })])[0]
        if let group = place.field("group"), group.contains(where: { !$0.isNumber }) {
            guard project.lowercased().hasPrefix(group.lowercased() + "/") else {
                throw place.failure("`--id project=\(project)` is not a project below the group \(group)")
            }
        }
        return project
    }
}
