@testable import Operations
import JSON
import Testing

@Suite("A target without a key")
struct FederateTests {
    /// The services at their usual addresses.
    private static func directory(_ targets: String = "") throws -> Directory {
        let lines = targets.isEmpty ? "" : "\n" + targets
        let text = Directory.configuration().replacing(", endpoint: \"http://127.0.0.1:9\" }", with: " }")
            .replacing(
                "aws: { region: us-east-1 }", with: #"aws: { region: us-east-1, endpoint-url: "http://127.0.0.1:9" }"#)
        return try Directory(text + lines)
    }

    private func query(
        _ ids: [String] = [], branch: String? = nil, subject: String? = nil, issuer: String? = nil,
        account: String? = "123456789012", role: String? = nil
    ) -> Federate.Query {
        var query = Federate.Query()
        (query.ids, query.branch, query.subject, query.issuer) = (ids, branch, subject, issuer)
        (query.account, query.role) = (account, role)
        return query
    }

    @Test("with the account given, nothing is asked, and the role has the name of user and target")
    func document() async throws {
        let directory = try Self.directory()
        let document = try await Federate(directory.context).document("github:acme/app", query(branch: "main"))
        #expect(document.roles.map(\.name) == ["cicd-bot-github-acme-app"])
        #expect(document.roles[0].arn == "arn:aws:iam::123456789012:role/cicd-bot-github-acme-app")
        #expect(
            document.provider.arn == "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com")
        #expect(document.pipeline.variables == ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
        // The user has other targets, which need its key.
        #expect(document.steps.last?.text.contains("keyturn federate gitlab:acme/tools/app\n") == true)
        #expect(try directory.stateFiles.isEmpty)
    }

    @Test("a user's last target ends with its keys")
    func last() async throws {
        let directory = try Self.directory()
        let text = Directory.configuration().replacing(", endpoint: \"http://127.0.0.1:9\" }", with: " }")
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.contains("pusher: travis") && !$0.contains("pusher: gitlab") }
        try directory.write("keyturn.yaml", lines.joined(separator: "\n"))
        let document = try await Federate(directory.context).document("github:acme/app", query(branch: "main"))
        #expect(document.steps.last?.text.contains("aws iam delete-access-key --user-name cicd-bot") == true)
        #expect(document.steps.last?.text.contains("keyturn forget cicd-bot") == true)
    }

    @Test("a system that cannot federate is refused, with what to do instead")
    func refused() async throws {
        let directory = try Self.directory()
        await expectFailure(.failed, "travis:acme/app needs a key", "no OIDC token", of: directory) {
            _ = try await Federate($0).document("travis:acme/app", query())
        }
        let missing = await expectFailure(.failed, "there is no target `travis:acme/ap`", "did you mean", of: directory)
        {
            _ = try await Federate($0).document("travis:acme/ap", query())
        }
        #expect(!missing.contains("Nothing was changed"), "it never changes anything")
    }

    @Test(
        "what does not fit is refused before AWS is asked",
        arguments: [
            ([], nil, nil, nil, nil, nil, "`--branch main`"),
            (["pipeline=x"], "main", nil, nil, nil, nil, "must be NAME=VALUE with one of these names: repository"),
            (["repository-id=x"], "main", nil, nil, nil, nil, "must be a number"),
            (["owner-id=1"], "main", nil, nil, nil, nil, "add `--id repository-id=…`"),
            (["owner-id=1", "owner-id=2"], "main", nil, nil, nil, nil, "given twice"),
            (
                ["repository=acme/other"], "main", nil, nil, nil, nil,
                "contradicts the target, whose repository is acme/app"
            ),
            ([], "ma\nin", nil, nil, nil, nil, "--branch: a value has"),
            ([], "", nil, nil, nil, nil, "--branch: a value has"),
            ([], nil, "repo:acme/*", nil, nil, nil, "without wildcards"),
            ([], "main", nil, "http://example.com", nil, nil, "--issuer"),
            ([], "main", nil, "https://example.com:8443/x", nil, nil, "--issuer"),
            ([], "main", nil, "https://example.com/?x", nil, nil, "--issuer"),
            ([], "main", nil, nil, "12345678901", nil, "12 digits"),
            ([], "main", nil, nil, "12345678901x", nil, "12 digits"),
            ([], "main", nil, nil, nil, "a b", "--role"),
        ] as [([String], String?, String?, String?, String?, String?, String)])
    func mistakes(
        ids: [String], branch: String?, subject: String?, issuer: String?, account: String?, role: String?,
        words: String
    ) async throws {
        let given = query(ids, branch: branch, subject: subject, issuer: issuer, account: account, role: role)
        await expectFailure(.usage, words, of: try Self.directory()) {
            _ = try await Federate($0).document("github:acme/app", given)
        }
    }

    @Test("places that many share are asked for one of them, and one of another owner is refused")
    func shared() async throws {
        let directory = try Self.directory(
            """
                  - { pusher: github, organization: acme }
                  - { pusher: gitlab, group: acme/tools, environment-scope: prod }
                  - { pusher: github, repository: acme/bot, kind: dependabot }
            """)
        func expect(_ status: ExitStatus, _ target: String, _ ids: [String], _ words: String...) async {
            for word in words {
                await expectFailure(status, word, of: directory) {
                    _ = try await Federate($0).document(target, query(ids, branch: "main"))
                }
            }
        }
        await expect(.usage, "github:acme", [], "`--id repository=…` (one repository of the organization")
        await expect(.usage, "github:acme", ["repository=other/app"], "is not a repository of acme")
        await expect(.usage, "gitlab:acme/tools@prod", [], "`--id project=…` (one project, by its full path)")
        await expect(.usage, "gitlab:acme/tools@prod", ["project=acme/toolsmith/app"], "not a project below the group")
        await expect(.failed, "github:acme/bot@dependabot", [], "keyturn knows of no OIDC token")
        let one = try await Federate(directory.context).document(
            "github:acme", query(["repository=acme/app"], branch: "main"))
        #expect(one.roles[0].trustPolicy.text.contains("repo:acme/app:ref:refs/heads/main"))
    }

    @Test("an account that cannot be asked for leaves --account; a service that AWS cannot reach leaves --issuer")
    func unreachable() async throws {
        await expectFailure(.unavailable, "`--account`", of: try Self.directory()) {
            _ = try await Federate($0).document("github:acme/app", query(branch: "main", account: nil))
        }
        let local = try Directory()
        await expectFailure(.usage, "http://127.0.0.1:9/_services/token", "`--issuer URL`", of: local) {
            _ = try await Federate($0).document("github:acme/app", query(branch: "main"))
        }
        let issued = query(branch: "main", issuer: "https://tokens.example.com/ci")
        let document = try await Federate(local.context).document("github:acme/app", issued)
        #expect(document.provider.url == "https://tokens.example.com/ci")
        #expect(document.roles[0].trustPolicy.text.contains("\"tokens.example.com/ci:sub\""))
    }

    @Test("an account that is not twelve digits does not get into commands")
    func account() {
        #expect(Federate.account(in: "arn:aws:sts::123456789012:assumed-role/x/y") == "123456789012")
        for arn in ["arn:aws:iam::12345678901:user/x", "arn:aws:iam::$(id)23456789:user/x", "x", ""] {
            #expect(Federate.account(in: arn) == nil)
        }
    }

    @Test("a template has the provider and the role for any account, and makes no request")
    func template() async throws {
        let directory = try Self.directory()
        let text = try await Federate(directory.context).template(
            "gitlab:acme/tools/app", query(branch: "main", account: nil))
        let template = try JSONValue(parsing: text)
        let role = try #require(template["Resources"]?["Role"]?["Properties"])
        #expect(role["RoleName"] == "cicd-bot-gitlab-acme-tools-app")
        let statement = try #require(role["AssumeRolePolicyDocument"]?["Statement"]?.array?.first)
        #expect(
            statement["Condition"]?.text
                == #"{"StringEquals":{"gitlab.com:aud":"https://gitlab.com","gitlab.com:sub":"project_path:acme/tools/app:ref_type:branch:ref:main"}}"#
        )
        #expect(
            statement["Principal"]?.text
                == #"{"Federated":{"Fn::If":["CreatesProvider",{"Ref":"Provider"},{"Fn::Sub":"arn:${AWS::Partition}:iam::${AWS::AccountId}:oidc-provider/gitlab.com"}]}}"#
        )
        #expect(!text.contains("000000000000"))
    }

    @Test("every plugin that ships either federates or says why not")
    func everyPlugin() throws {
        let shipped = try Directory.shippedPlugins()
        #expect(shipped.count > 10)
        for plugin in shipped {
            #expect((FederatedSystem.all[plugin] == nil) != (FederatedSystem.without[plugin] == nil), "\(plugin)")
        }
    }
}
