internal import Configuration
internal import JSON
internal import Rotation

/// What a person does to replace a key by a role, step by step. The key works until the last one, so nothing breaks on the way.
struct FederationSteps {
    let found: Federate.Found
    let provider: FederationDocument.Provider
    let roles: [FederationDocument.Role]

    private var place: FederatedPlace { found.place }
    private var iamUser: String { FederatedPlace.shell(found.user.userName) }

    var all: [FederationDocument.Step] {
        [question, makeProvider, makeRoles, copyPolicies, changePipeline, look, removeTarget, removeUser].compactMap {
            $0
        }
    }

    private typealias Step = FederationDocument.Step

    private var question: FederationDocument.Step? {
        found.federation.question.map {
            Step(
                title: "Check how the subject is made",
                detail: "keyturn did not ask \(found.system) for this. What the answers mean is under \"Notes\".",
                text: $0 + "\n")
        }
    }

    private var makeProvider: FederationDocument.Step {
        let url = FederatedPlace.shell(provider.url)
        // Version 1 of the command line fetches a value that is a URL, and takes what it finds there for the value.
        let audiences = JSONValue.array([.string(provider.audience)]).text
        let audience = provider.audience.contains("://") ? audiences : provider.audience
        let addition: JSONValue = [
            "OpenIDConnectProviderArn": .string(provider.arn), "ClientID": .string(provider.audience),
        ]
        return Step(
            title: "Make the identity provider in IAM",
            detail:
                "Once per account \(place.accountID). Where IAM has it already (EntityAlreadyExists), the second command adds the audience.",
            text: """
                aws iam create-open-id-connect-provider --url \(url) --client-id-list \(FederatedPlace.shell(audience))
                # aws iam add-client-id-to-open-id-connect-provider --cli-input-json \(FederatedPlace.shell(addition.text))

                """)
    }

    private var makeRoles: FederationDocument.Step {
        let commands = roles.map { role in
            """
            cat > \(role.name).json <<'END'
            \(role.trustPolicy.prettyText)
            END
            aws iam create-role --role-name \(role.name) --assume-role-policy-document file://\(role.name).json

            """
        }
        return Step(
            title: roles.count == 1 ? "Make the role" : "Make the roles",
            detail: "Only tokens that meet every condition may assume \(roles.count == 1 ? "it" : "them").",
            text: commands.joined())
    }

    private var copyPolicies: FederationDocument.Step {
        let copies = roles.map { role in
            """
            aws iam list-attached-user-policies --user-name \(iamUser) --query 'AttachedPolicies[].[PolicyArn]' --output text |
              xargs -rn 1 aws iam attach-role-policy --role-name \(role.name) --policy-arn
            for policy in $(aws iam list-user-policies --user-name \(iamUser) --query 'PolicyNames[]' --output text); do
              aws iam get-user-policy --user-name \(iamUser) --policy-name "$policy" --query PolicyDocument --output json > policy.json &&
                aws iam put-role-policy --role-name \(role.name) --policy-name "$policy" --policy-document file://policy.json
            done

            """
        }
        let plan =
            roles.count == 1
            ? "" : " The role for plans needs to read only: give it less than the user has."
        return Step(
            title: "Give the \(roles.count == 1 ? "role" : "roles") the user's permissions",
            detail:
                "Attached policies and those of the user itself. Policies of the user's groups (the last command lists the groups) and a permissions boundary are not copied; policies of buckets, keys and other resources that name the user must name the role.\(plan)",
            text: copies.joined() + "aws iam list-groups-for-user --user-name \(iamUser)\n")
    }

    private var changePipeline: FederationDocument.Step {
        Step(
            title: "Change the pipeline",
            detail: "In \(found.federation.pipeline.place); only what is new is shown.",
            text: found.federation.pipeline.text + "\n")
    }

    private var look: FederationDocument.Step {
        Step(
            title: "Run the pipeline, and check that it uses the role",
            detail:
                "CloudTrail shows AssumeRoleWithWebIdentity after up to 15 minutes. `uses` shows who used the key: a day after the change it must show no job of this place.",
            text: """
                aws cloudtrail lookup-events --region \(place.region) --lookup-attributes AttributeKey=EventName,AttributeValue=AssumeRoleWithWebIdentity --max-results 5
                keyturn uses \(FederatedPlace.shell(found.user.name)) --since 1d

                """)
    }

    private var removeTarget: FederationDocument.Step {
        Step(
            title: "Remove the key from the place",
            detail:
                "Take the target out of \(found.target.file) (line \(found.target.line)), have keyturn forget it (one that was never rotated it does not know), and delete \(place.variables.joined(separator: ", ")) in \(found.system).",
            text: "keyturn forget \(FederatedPlace.shell(place.target)) --reason 'assumes a role'\n")
    }

    /// The key itself goes when nothing holds it any more.
    private var removeUser: FederationDocument.Step {
        let others = found.user.targets.map(\.name.rawValue).filter { $0 != place.target }
        let name = FederatedPlace.shell(found.user.name)
        guard others.isEmpty else {
            return Step(
                title: "Do the same for the user's other targets",
                detail:
                    "\(found.user.name) keeps its key as long as one of them needs it.",
                text: others.map { "keyturn federate \(FederatedPlace.shell($0))\n" }.joined())
        }
        let keys =
            "$(aws iam list-access-keys --user-name \(iamUser) --query 'AccessKeyMetadata[].AccessKeyId' --output text)"
        return Step(
            title: "Delete the keys and the user",
            detail:
                "It was the user's last target: take the user out of \(found.target.file). Inactive keys can be made Active again if something was missed; delete them, and the user in IAM, after some days.",
            text: """
                keyturn forget \(name) --reason 'assumes a role'
                for key in \(keys); do aws iam update-access-key --user-name \(iamUser) --access-key-id "$key" --status Inactive; done
                # some days later:
                for key in \(keys); do aws iam delete-access-key --user-name \(iamUser) --access-key-id "$key"; done

                """)
    }
}
