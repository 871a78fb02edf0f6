extension FederatedSystem {
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
