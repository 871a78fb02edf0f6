extension FederatedSystem {
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
}
