import AWS
import JSON
@testable import Operations
import Testing

/// A place of one system, and what was given besides.
private func place(
    _ plugin: String, _ fields: [String: JSONValue], _ ids: [String: String] = [:], branch: String? = nil,
    subject: String? = nil, endpoint: String? = nil, region: String = "eu-central-1"
) throws -> FederatedPlace {
    var query = Federate.Query()
    (query.branch, query.subject) = (branch, subject)
    return FederatedPlace(
        target: "x:y", fields: fields, endpoint: endpoint, variables: ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
        account: Account(region: region), accountID: "123456789012", role: "bot", query: query, ids: ids,
        asks: try #require(FederatedSystem.all[plugin]).asks)
}

/// What a system makes of it.
private func federation(
    _ plugin: String, _ fields: [String: JSONValue], _ ids: [String: String] = [:], branch: String? = nil,
    subject: String? = nil, endpoint: String? = nil, region: String = "eu-central-1"
) throws -> Federation {
    let place = try place(
        plugin, fields, ids, branch: branch, subject: subject, endpoint: endpoint, region: region)
    return try #require(FederatedSystem.all[plugin]).federation(place)
}

extension Federation {
    /// The conditions of one role, as one line.
    fileprivate func conditions(_ role: Int = 0) -> String {
        trustPolicy(of: roles[role], provider: "P")["Statement"]?.array?[0]["Condition"]?.text ?? ""
    }

    fileprivate func admits(_ token: [String: String], _ role: Int = 0) -> Bool {
        let audience = ["aud": audience].merging(token) { $1 }
        return TrustEvaluation(trustPolicy(of: roles[role], provider: "P"), host: host)?.admits(audience) == true
    }
}

private let one = "11111111-aaaa-4bbb-8ccc-111111111111"
private let two = "22222222-aaaa-4bbb-8ccc-222222222222"
private let three = "33333333-aaaa-4bbb-8ccc-333333333333"
private let commit = "0123456789abcdef0123456789abcdef01234567"

@Suite("Who may assume the role of a place")
struct FederatedSystemTests {
    private let git = "token.actions.githubusercontent.com"

    @Test("GitHub: one environment, or one branch, and nothing that is named alike")
    func gitHub() throws {
        let guarded = try federation("github-actions", ["repository": "acme/app", "environment": "prod:eu"])
        #expect(
            guarded.conditions()
                == #"{"StringEquals":{"\#(git):aud":"sts.amazonaws.com","\#(git):sub":"repo:acme/app:environment:prod%3Aeu"}}"#
        )
        #expect(guarded.issuer == "https://\(git)")
        let branch = try federation("github-actions", ["repository": "acme/app"], branch: "main")
        #expect(
            branch.conditions()
                == #"{"StringEquals":{"\#(git):aud":"sts.amazonaws.com","\#(git):sub":"repo:acme/app:ref:refs/heads/main"}}"#
        )
        #expect(branch.admits(["sub": "repo:acme/app:ref:refs/heads/main"]))
        for other in [
            "repo:acme/app:ref:refs/heads/main2", "repo:acme/app2:ref:refs/heads/main", "repo:acme/app:pull_request",
            "repo:acme/app:ref:refs/tags/main", "repo:acme/app:environment:main", "repo:Acme/app:ref:refs/heads/main",
        ] { #expect(!branch.admits(["sub": other]), "\(other)") }
        #expect(!branch.admits(["sub": "repo:acme/app:ref:refs/heads/main", "aud": "https://github.com/acme"]))
        #expect(!branch.admits([:]))
    }

    @Test("GitHub: numbers are in the subject where both are known, and IAM checks the repository's either way")
    func gitHubNumbers() throws {
        let both = try federation(
            "github-actions", ["repository": "acme/app"], ["owner-id": "7", "repository-id": "9"], branch: "main")
        #expect(
            both.conditions()
                == #"{"StringEquals":{"\#(git):aud":"sts.amazonaws.com","\#(git):repository_id":"9","\#(git):sub":"repo:acme@7/app@9:ref:refs/heads/main"}}"#
        )
        let one = try federation(
            "github-actions", ["repository": "acme/app", "environment": "prod"], ["repository-id": "9"], branch: "main")
        #expect(
            one.conditions()
                == #"{"StringEquals":{"\#(git):aud":"sts.amazonaws.com","\#(git):ref":"refs/heads/main","\#(git):repository_id":"9","\#(git):sub":"repo:acme/app:environment:prod"}}"#
        )
        let token = ["sub": "repo:acme/app:environment:prod", "repository_id": "9", "ref": "refs/heads/main"]
        #expect(one.admits(token))
        #expect(!one.admits(token.merging(["repository_id": "10"]) { $1 }))
        #expect(!one.admits(token.merging(["ref": "refs/heads/x"]) { $1 }))
    }

    @Test(
        "GitHub: the issuer and gh's host follow the address",
        arguments: [
            ("https://api.github.com/", "https://token.actions.githubusercontent.com", "gh api repos/acme/app "),
            ("https://api.acme.ghe.com", "https://token.actions.acme.ghe.com", "gh api --hostname acme.ghe.com repos/"),
            ("https://git.acme.com/api/v3", "https://git.acme.com/_services/token", "--hostname git.acme.com repos/"),
        ])
    func gitHubAddress(endpoint: String, issuer: String, command: String) throws {
        let made = try federation("github-actions", ["repository": "acme/app"], branch: "main", endpoint: endpoint)
        #expect(made.issuer == issuer && made.question?.contains(command) == true, "\(made.question ?? "")")
        #expect(made.question?.contains("repos/acme/app/actions/oidc/customization/sub") == true)
        let isShared = issuer.hasSuffix("githubusercontent.com")
        // STS knows the further claims of github.com alone.
        let numbered = try federation(
            "github-actions", ["repository": "acme/app"], ["repository-id": "9"], branch: "main", endpoint: endpoint)
        #expect(numbered.conditions().contains("repository_id") == isShared)
        let both = Result {
            try federation(
                "github-actions", ["repository": "acme/app", "environment": "e"], branch: "main", endpoint: endpoint)
        }
        #expect(((try? both.get()) != nil) == isShared)
    }

    @Test("GitHub: the workflow asks for a token, and names the role; in China also the audience")
    func gitHubPipeline() throws {
        let made = try federation("github-actions", ["repository": "acme/app", "environment": "prod"])
        #expect(
            made.pipeline.text == """
                permissions:
                  id-token: write
                  contents: read
                jobs:
                  deploy:
                    runs-on: ubuntu-latest
                    environment: "prod"
                    steps:
                      - uses: aws-actions/configure-aws-credentials@v4
                        with:
                          role-to-assume: arn:aws:iam::123456789012:role/bot
                          aws-region: eu-central-1
                """)
        let china = try federation(
            "github-actions", ["repository": "acme/app"], branch: "main", region: "cn-north-1")
        #expect(china.audience == "sts.amazonaws.com.cn")
        #expect(
            china.pipeline.text.hasSuffix(
                """
                      - uses: aws-actions/configure-aws-credentials@v4
                        with:
                          role-to-assume: arn:aws-cn:iam::123456789012:role/bot
                          aws-region: cn-north-1
                          audience: sts.amazonaws.com.cn
                """))
        #expect(china.conditions().contains(#"aud":"sts.amazonaws.com.cn""#))
    }

    @Test("GitLab: one branch of one project, of the group that the target is")
    func gitLab() throws {
        let made = try federation("gitlab-ci", ["project": "acme/tools/app"], branch: "main")
        #expect(
            made.conditions()
                == #"{"StringEquals":{"gitlab.com:aud":"https://gitlab.com","gitlab.com:sub":"project_path:acme/tools/app:ref_type:branch:ref:main"}}"#
        )
        #expect(made.pipeline.text.contains(#"aud: "https://gitlab.com""#))
        #expect(
            made.question == "glab api projects/acme%2Ftools%2Fapp | jq .ci_id_token_sub_claim_components")
        let own = try federation(
            "gitlab-ci", ["group": "acme/tools"], ["project": "acme/tools/app"], branch: "main",
            endpoint: "https://example.com/gitlab/")
        #expect(own.issuer == "https://example.com/gitlab" && own.audience == own.issuer)
        #expect(own.question?.hasPrefix("glab api --hostname example.com projects/acme%2Ftools%2Fapp ") == true)
        #expect(own.conditions().contains(#""example.com/gitlab:sub":"project_path:acme/tools/app:"#))
    }

    @Test(
        "CircleCI: whoever started the job, of one project, one repository and one branch; a fork's name cannot stand in for it"
    )
    func circleCI() throws {
        let ids = ["organization-id": one, "project-id": two]
        let made = try federation("circleci", ["project": "gh/acme/app"], ids, branch: "main")
        let host = "oidc.circleci.com/org/\(one)"
        #expect(
            made.conditions()
                == #"{"StringEquals":{"\#(host):aud":"\#(one)","\#(host):oidc.circleci.com/project-id":"\#(two)"},"StringLike":{"\#(host):sub":"org/\#(one)/project/\#(two)/user/????????-????-????-????-????????????/vcs-origin/github.com/acme/app/vcs-ref/refs/heads/main"}}"#
        )
        let start = "org/\(one)/project/\(two)/user/\(three)/vcs-origin"
        func token(_ rest: String, _ project: String = two) -> [String: String] {
            ["sub": start + rest, "oidc.circleci.com/project-id": project]
        }
        #expect(made.admits(token("/github.com/acme/app/vcs-ref/refs/heads/main")))
        #expect(!made.admits(token("/github.com/acme/app/vcs-ref/refs/heads/main", three)))
        #expect(!made.admits(token("/github.com/mallory/app/vcs-ref/refs/heads/main")))
        // A branch whose name holds the rest of the pattern.
        #expect(
            !made.admits(
                token(
                    "/github.com/mallory/app/vcs-ref/refs/heads/x/vcs-origin/github.com/acme/app/vcs-ref/refs/heads/main"
                )))
        let every = try federation(
            "circleci", ["project": .string("circleci/\(one)/\(two)")], ["origin": "github.com/acme/app"])
        #expect(every.admits(token("/github.com/acme/app/vcs-ref/refs/heads/any")))
        #expect(!every.admits(token("/github.com/acme/app2/vcs-ref/refs/heads/any")))
        #expect(
            every.notes.contains { $0.contains("every branch") } && !made.notes.contains { $0.contains("every branch") }
        )
    }

    @Test("Bitbucket: steps of one repository without an environment, or of one environment")
    func bitbucket() throws {
        let fields: [String: JSONValue] = ["workspace": "acme", "repository": "app"]
        let made = try federation("bitbucket", fields, ["workspace-id": one, "repository-id": two])
        let host = "api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc"
        #expect(
            made.conditions()
                == #"{"StringEquals":{"\#(host):aud":"ari:cloud:bitbucket::workspace/\#(one)"},"StringLike":{"\#(host):sub":"{\#(two)}:{????????-????-????-????-????????????}"}}"#
        )
        let guarded = try federation(
            "bitbucket", fields.merging(["environment": "Production"]) { $1 },
            ["workspace-id": one, "repository-id": two, "environment-id": three])
        let (step, deployment) = ("{\(two)}:{\(one)}", "{\(two)}:{\(three)}:{\(one)}")
        #expect(made.admits(["sub": step]) && !made.admits(["sub": deployment]))
        #expect(guarded.admits(["sub": deployment]) && !guarded.admits(["sub": step]))
        #expect(!guarded.admits(["sub": "{\(two)}:{\(two)}:{\(one)}"]) && !made.admits(["sub": "{\(one)}:{\(one)}"]))
        #expect(guarded.pipeline.text.contains(#"    deployment: "Production""#))
        // A repository that the target names by its UUID.
        let named = try federation(
            "bitbucket", ["workspace": "acme", "repository": .string("{\(two)}")], ["workspace-id": one])
        #expect(named.conditions() == made.conditions())
    }

    @Test("Azure DevOps: one service connection")
    func azure() throws {
        let made = try federation(
            "azure-devops", ["organization": "acme", "project": "app", "variable-group": "aws"],
            ["organization-id": one, "service-connection": "aws deploy"])
        #expect(
            made.conditions()
                == #"{"StringEquals":{"vstoken.dev.azure.com/\#(one):aud":"api://AzureADTokenExchange","vstoken.dev.azure.com/\#(one):sub":"sc://acme/app/aws deploy"}}"#
        )
        #expect(made.pipeline.text.contains(#"awsCredentials: "aws deploy""#))
    }

    @Test("Buildkite: one branch of one pipeline, whatever the commit; a commit's text cannot name another step")
    func buildkite() throws {
        let fields: [String: JSONValue] = ["organization": "acme", "cluster": "c"]
        let made = try federation("buildkite", fields, ["pipeline": "app", "step": "deploy"], branch: "main")
        let unknown = String(repeating: "?", count: 40)
        #expect(
            made.conditions()
                == #"{"StringEquals":{"agent.buildkite.com:aud":"sts.amazonaws.com"},"StringLike":{"agent.buildkite.com:sub":"organization:acme:pipeline:app:ref:refs/heads/main:commit:\#(unknown):step:deploy"}}"#
        )
        func subject(_ rest: String, _ pipeline: String = "app", _ ref: String = "refs/heads/main") -> [String: String]
        {
            ["sub": "organization:acme:pipeline:\(pipeline):ref:\(ref):commit:\(rest)"]
        }
        #expect(made.admits(subject("\(commit):step:deploy")))
        #expect(!made.admits(subject("\(commit):step:deploy", "app2")))
        #expect(!made.admits(subject("\(commit):step:deploy", "app", "refs/heads/x")))
        #expect(!made.admits(subject("\(commit):step:test")) && !made.admits(subject("x:step:\(commit):step:deploy")))
        let every = try federation("buildkite", fields, ["pipeline": "app"], branch: "main")
        #expect(every.admits(subject("\(commit):step:test")))
        #expect(!every.admits(subject("\(commit):step:test", "app2")))
    }

    @Test("HCP Terraform: a role for plans and a role for applies, and a plan cannot have the other")
    func terraform() throws {
        let made = try federation(
            "terraform-cloud", ["organization": "acme", "workspace": "prod"], ["project": "Default Project"])
        #expect(made.roles.map(\.purpose) == ["plan", "apply"])
        let start = "organization:acme:project:Default Project:workspace:prod:run_phase:"
        #expect(
            made.conditions(1)
                == #"{"StringEquals":{"app.terraform.io:aud":"aws.workload.identity","app.terraform.io:sub":"\#(start)apply"}}"#
        )
        #expect(made.admits(["sub": start + "plan"], 0) && !made.admits(["sub": start + "plan"], 1))
        #expect(
            made.pipeline.text == """
                TFC_AWS_PROVIDER_AUTH=true
                TFC_AWS_PLAN_ROLE_ARN=arn:aws:iam::123456789012:role/bot-plan
                TFC_AWS_APPLY_ROLE_ARN=arn:aws:iam::123456789012:role/bot-apply
                """)
        let europe = try federation(
            "terraform-cloud", ["organization": "acme", "variable-set": "aws"], ["project": "p", "workspace": "w"],
            endpoint: "https://app.eu.terraform.io/api/v2")
        #expect(europe.issuer == "https://app.eu.terraform.io")
    }

    @Test("Jenkins: one job, by its URL with the slash at its end")
    func jenkins() throws {
        let made = try federation(
            "jenkins", ["credential": "aws", "folder": "team"], ["job": "team/app/main"],
            endpoint: "https://ci.example.com/jenkins/")
        #expect(
            made.conditions()
                == #"{"StringEquals":{"ci.example.com/jenkins/oidc:aud":"sts.amazonaws.com","ci.example.com/jenkins/oidc:sub":"https://ci.example.com/jenkins/job/team/job/app/job/main/"}}"#
        )
    }

    @Test("Forgejo: the subject that was given, and no other")
    func forgejo() throws {
        let made = try federation(
            "forgejo", ["repository": "acme/app"], subject: "repo:acme/app:ref:refs/heads/main",
            endpoint: "https://codeberg.org")
        #expect(
            made.conditions()
                == #"{"StringEquals":{"codeberg.org/api/actions:aud":"sts.amazonaws.com","codeberg.org/api/actions:sub":"repo:acme/app:ref:refs/heads/main"}}"#
        )
    }

    @Test("a whole trust policy")
    func policy() throws {
        let made = try federation("gitlab-ci", ["project": "a/b"], branch: "main")
        let policy = made.trustPolicy(of: made.roles[0], provider: "arn:aws:iam::1:oidc-provider/gitlab.com")
        #expect(
            policy.text
                == #"{"Statement":[{"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"gitlab.com:aud":"https://gitlab.com","gitlab.com:sub":"project_path:a/b:ref_type:branch:ref:main"}},"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::1:oidc-provider/gitlab.com"}}],"Version":"2012-10-17"}"#
        )
    }

    @Test("what IAM would take for a variable or a wildcard is a character like others")
    func special() throws {
        let exact = try federation("gitlab-ci", ["project": "a/b"], branch: "${aws-x}*?")
        #expect(exact.conditions().contains(#"ref:${$}{aws-x}*?""#))
        let pattern: ClaimValue = "a*\("b?$")\(unknown: .characters(2))\(unknown: .rest)"
        #expect(pattern.text == "a${*}b${?}${$}??*" && !pattern.isExact)
    }

    @Test("every condition is one that a token without the claim fails", arguments: FederatedSystem.all.keys.sorted())
    func never(plugin: String) throws {
        let project = plugin == "gitlab-ci" ? "a/b" : "p"
        let ids = [
            "organization-id": one, "project-id": two, "workspace-id": one, "service-connection": "s",
            "project": project,
        ]
        let fields: [String: JSONValue] = [
            "organization": "acme", "workspace": "w", "project": .string(project), "repository": "acme/app",
        ]
        let subject = plugin == "terraform-cloud" ? nil : "s"
        let made = try federation(
            plugin, fields, ids, subject: subject,
            endpoint: ["azure-devops", "circleci"].contains(plugin) ? nil : "https://h.example.com")
        for role in made.roles.indices {
            let blocks = try JSONValue(parsing: made.conditions(role)).object ?? [:]
            #expect(Set(blocks.keys).isSubset(of: ["StringEquals", "StringLike"]), "\(blocks)")
            let keys = blocks.values.flatMap { ($0.object ?? [:]).keys }
            #expect(keys.contains("\(made.host):aud") && keys.contains("\(made.host):sub"))
            #expect(!made.admits([:], role))
        }
    }
}
