extension FederatedSystem {
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
