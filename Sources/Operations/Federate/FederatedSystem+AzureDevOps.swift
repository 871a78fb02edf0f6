extension FederatedSystem {
    /// Azure DevOps Services: the service connection of the AWS Toolkit, from 1.15.0 on (AWS Toolkit for Azure DevOps, README).
    static let azureDevOps = FederatedSystem(
        asks: [
            Ask(name: "organization-id", meaning: "the organization's UUID", form: .uuid),
            Ask(name: "project", meaning: "the project, by its name"),
            Ask(name: "service-connection", meaning: "the name of the AWS service connection, which may be new"),
        ], takesBranch: false, federation: azureDevOps)

    private static func azureDevOps(_ place: FederatedPlace) throws(OperationFailure) -> Federation {
        if let base = place.base, base != "https://dev.azure.com", place.query.issuer == nil {
            throw OperationFailure(
                .failed,
                "\(place.target) needs a key: keyturn knows of no OIDC token of Azure DevOps Server, only of Azure DevOps Services (dev.azure.com)"
            )
        }
        // The subject has the project's name, the target may have its number.
        let parts = try place.need([
            ("organization-id", place.ids["organization-id"]), ("service-connection", place.ids["service-connection"]),
            ("organization", try place.part("organization")), ("project", try place.part("project") { !isUUID($0) }),
        ])
        let subject = try place.subject { () throws(OperationFailure) in "sc://\(parts[2])/\(parts[3])/\(parts[1])" }
        return Federation(
            issuer: try place.issuer("https://vstoken.dev.azure.com/\(parts[0].lowercased())"),
            audience: "api://AzureADTokenExchange", roles: [.init(purpose: nil, claims: ["sub": subject])],
            pipeline: .init(
                place: "azure-pipelines.yml",
                text: """
                    # Project settings, Service connections, AWS: name \(FederatedPlace.yaml(parts[1])), Use OIDC,
                    # role \(place.roleARN()), no access key.
                    steps:
                      - task: AWSShellScript@1
                        inputs:
                          awsCredentials: \(FederatedPlace.yaml(parts[1]))
                          regionName: \(place.region)
                          scriptType: inline
                          inlineScript: aws sts get-caller-identity
                    """),
            notes: [
                "The subject names the service connection and no pipeline or branch: whoever may use the connection may assume the role. Give it only to the pipelines that need it, with approvals and branch checks.",
                "Take the variable group out of the pipeline, or its two variables out of the group: AWS's tools prefer them.",
            ])
    }
}
