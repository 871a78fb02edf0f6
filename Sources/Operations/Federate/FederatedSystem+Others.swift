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

    /// Jenkins with the plugin "OpenID Connect Provider" (its README).
    static let jenkins = FederatedSystem(
        asks: [
            Ask(name: "job", meaning: "one job, by its names from the outermost folder on, such as team/app/main")
        ], takesBranch: false, federation: jenkins)

    private static func jenkins(_ place: FederatedPlace) throws(OperationFailure) -> Federation {
        let base = place.base ?? ""
        let subject = try place.subject { () throws(OperationFailure) in
            let job = try place.need([("job", place.ids["job"])])[0]
            if let folder = place.field("folder") {
                guard job.hasPrefix(folder + "/") else {
                    throw place.failure(
                        "`--id job=\(job)` does not see the credential, which is in the folder \(folder)")
                }
            }
            let names = job.split(separator: "/", omittingEmptySubsequences: false)
            let isPlain = names.allSatisfy { name in
                !name.isEmpty
                    && name.utf8.allSatisfy {
                        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                            || "-._~".utf8.contains($0)
                    }
            }
            guard isPlain else {
                throw place.failure(
                    "the name of the job has characters that its URL spells differently: pass the job's URL, with the slash at its end, as `--sub`"
                )
            }
            return "\(base)/\(names.map { "job/\($0)/" }.joined())"
        }
        return Federation(
            issuer: try place.issuer("\(base)/oidc"), audience: place.stsAudience,
            roles: [.init(purpose: nil, claims: ["sub": subject])],
            pipeline: .init(
                place: "Jenkinsfile",
                text: """
                    environment {
                      AWS_ROLE_ARN = '\(place.roleARN())'
                      AWS_REGION = '\(place.region)'
                    }
                    steps {
                      withCredentials([file(credentialsId: 'aws-oidc', variable: 'AWS_WEB_IDENTITY_TOKEN_FILE')]) {
                        sh 'aws sts get-caller-identity'
                      }
                    }
                    """),
            notes: [
                "Install the plugin OpenID Connect Provider, and make a credential aws-oidc of the kind \"OpenID Connect id token as file\" with the audience \(place.stsAudience), in the job's folder. Its Update page shows the issuer: if it is not the one here, pass it with `--issuer`.",
                "In a multibranch project each branch is a job of its own, and so is each pull request: name the branch's job.",
                "If the claim templates of Jenkins were changed, pass the subject of a real token with `--sub`.",
                "AWS must reach the issuer from the internet; else serve the two files that Jenkins shows under another URL.",
            ])
    }

    /// Forgejo Actions. The form of its subject was not read anywhere.
    static let forgejo = FederatedSystem(asks: [], takesBranch: false, federation: forgejo)

    private static func forgejo(_ place: FederatedPlace) throws(OperationFailure) -> Federation {
        let subject = try place.subject { () throws(OperationFailure) in
            throw place.failure(
                "keyturn does not know how Forgejo names the subject: print the `sub` of the token of a job in one repository and on one branch, and pass it with `--sub`"
            )
        }
        return Federation(
            issuer: try place.issuer("\(place.base ?? "")/api/actions"), audience: place.stsAudience,
            roles: [.init(purpose: nil, claims: ["sub": subject])],
            pipeline: .init(
                place: ".forgejo/workflows",
                text: """
                    enable-openid-connect: true
                    jobs:
                      deploy:
                        runs-on: docker
                        steps:
                          - uses: https://github.com/aws-actions/configure-aws-credentials@v4
                            with:
                              role-to-assume: \(place.roleARN())
                              aws-region: \(place.region)
                              audience: \(place.stsAudience)
                    """),
            notes: [
                "The role is for jobs with exactly this subject: check that it names the repository and the branch.",
                "AWS must reach the issuer from the internet. Gitea gives its jobs no such token.",
            ])
    }
}
