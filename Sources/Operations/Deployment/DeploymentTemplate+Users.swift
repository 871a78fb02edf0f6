internal import Configuration
internal import JSON

extension DeploymentTemplate {
    /// - Throws: ``OperationFailure`` where users are to be made that cannot be.
    func checkUsers() throws(OperationFailure) {
        guard options.assumedRole != nil else { return }
        let mistakes = loaded.configuration.users.filter { $0.account.role != nil }.map { user in
            ConfigurationError(
                file: loaded.file, line: loaded.configuration.line(at: "users", user.name),
                "`users.\(user.name)` is in another account (`role-arn`), where this stack cannot make it: leave out --with-users, and make the users of each account in a stack of its own"
            )
        }
        guard mistakes.isEmpty else {
            throw OperationFailure(.configuration, mistakes.map(\.description).joined(separator: "\n"))
        }
        guard !loaded.configuration.users.isEmpty else {
            throw OperationFailure(
                .configuration,
                "\(loaded.file):\(loaded.configuration.line(at: "discover")): `discover` finds users that exist: there are none in `users` for --with-users to make"
            )
        }
    }

    /// The users, in a group that may assume one role and do nothing else. Their access keys are keyturn's to make: one that
    /// CloudFormation made would have its secret in the stack.
    func userResources(_ role: String) -> [String: JSONValue] {
        var resources: [String: JSONValue] = [
            "Users": [
                "Type": "AWS::IAM::Group",
                "Properties": [
                    "Policies": [
                        [
                            "PolicyName": "assume-one-role",
                            "PolicyDocument": [
                                "Version": "2012-10-17",
                                "Statement": [
                                    [
                                        "Sid": "AssumeOneRole", "Effect": "Allow", "Action": "sts:AssumeRole",
                                        "Resource": .string(role),
                                    ]
                                ],
                            ],
                        ]
                    ]
                ],
            ]
        ]
        for (index, user) in loaded.configuration.users.enumerated() {
            resources["User\(index + 1)"] = [
                "Type": "AWS::IAM::User",
                "Properties": ["UserName": .string(user.userName), "Groups": [["Ref": "Users"]]],
                // It has a key that the stack knows nothing of, and pipelines that use it.
                "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain",
            ]
        }
        return resources
    }
}
