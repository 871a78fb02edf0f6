extension FederatedSystem {
    /// HCP Terraform and Terraform Enterprise (HashiCorp, "Use dynamic credentials with the AWS provider").
    static let terraform = FederatedSystem(
        asks: [
            Ask(name: "project", meaning: "the project that the workspace is in, by its name"),
            Ask(name: "workspace", meaning: "one workspace that uses the variable set, by its name"),
        ], takesBranch: false, takesSubject: false, federation: terraform)

    private static func terraform(_ place: FederatedPlace) throws(OperationFailure) -> Federation {
        let parts = try place.need([
            ("organization", try place.part("organization")), ("project", place.ids["project"]),
            ("workspace", try place.part("workspace")),
        ])
        let start = "organization:\(parts[0]):project:\(parts[1]):workspace:\(parts[2]):run_phase:"
        let api = place.base ?? "https://app.terraform.io/api/v2"
        let host = api.hasSuffix("/api/v2") ? String(api.dropLast("/api/v2".count)) : api
        return Federation(
            issuer: try place.issuer(host), audience: "aws.workload.identity",
            roles: ["plan", "apply"].map { .init(purpose: $0, claims: ["sub": "\(start)\($0)"]) },
            pipeline: .init(
                place: "environment variables of the workspace",
                text: """
                    TFC_AWS_PROVIDER_AUTH=true
                    TFC_AWS_PLAN_ROLE_ARN=\(place.roleARN("plan"))
                    TFC_AWS_APPLY_ROLE_ARN=\(place.roleARN("apply"))
                    """),
            notes: [
                "A plan runs before anyone has agreed to it, in speculative runs also for a pull request: give its role rights to read, and the rights to change to the other.",
                "Take \(place.variables.joined(separator: " and ")) out of the workspace and of its variable sets: the AWS provider prefers them.",
                "Agents of your own need version 1.7.0 or later.",
            ])
    }
}
