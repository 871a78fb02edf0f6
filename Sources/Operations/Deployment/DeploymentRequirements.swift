internal import AWS
internal import Configuration

/// What a configuration must have, to be that of a Lambda function: the function has a role and a read-only directory, and nothing else.
struct DeploymentRequirements {
    let loaded: LoadedConfiguration
    private(set) var mistakes: [ConfigurationError] = []

    private var configuration: Configuration { loaded.configuration }

    /// Looks at all of them.
    init(_ loaded: LoadedConfiguration) {
        self.loaded = loaded
        checkState()
        checkRegion()
        checkSealKeys()
        checkAccounts()
        checkSecrets()
    }

    /// - Throws: ``OperationFailure`` with a line for each mistake.
    func require() throws(OperationFailure) {
        guard !mistakes.isEmpty else { return }
        throw OperationFailure(.configuration, mistakes.map(\.description).joined(separator: "\n"))
    }

    private mutating func add(_ line: Int, _ message: String) {
        mistakes.append(ConfigurationError(file: loaded.file, line: line, message))
    }

    private mutating func checkState() {
        guard loaded.tableRegion == nil else { return }
        add(
            configuration.line(at: "state"),
            "`state` must be dynamodb://TABLE?region=REGION: a function has no file that outlives its environment, and the template makes no server"
        )
    }

    /// The template would depend on the environment of whoever prints it.
    private mutating func checkRegion() {
        guard configuration.account.region == nil else { return }
        add(
            configuration.line(at: "aws"),
            "`aws.region` is missing: keys of KMS, secrets and the table are looked for there; write `aws: { region: \(loaded.tableRegion ?? "REGION") }`"
        )
    }

    private mutating func checkSealKeys() {
        for source in configuration.sealKeys {
            switch source {
            case .kept:
                add(
                    source.line,
                    "`\(source.place)` must be sealed by KMS, as `seal-key: { kms: { key: alias/keyturn } }`: whoever may read the function's environment or code would have the seal key"
                )
            case .kms(let key):
                let region = configuration.account.region
                guard key.isAlias, let region, let stack = loaded.tableRegion, region != stack else { continue }
                add(
                    key.line,
                    "`\(key.place)`: \(key.key) is looked for in \(region) (`aws.region`), and the template makes it next to the table in \(stack): name one region, or the ARN of the key"
                )
            }
        }
    }

    private mutating func checkAccounts() {
        if configuration.account.profile != nil {
            add(
                configuration.line(at: "aws", "profile"),
                "`aws.profile`: a function has no profiles; leave it out, and the function's role is used")
        }
        if configuration.account.role != nil {
            add(
                configuration.line(at: "aws", "role-arn"),
                "`aws.role-arn`: the table and the seal key would be asked for as that role; leave it out, or give it to the users that it is for"
            )
        }
        for user in configuration.users
        where user.account.profile != nil && user.account.profile != configuration.account.profile {
            add(
                configuration.line(at: "users", user.name, "aws", "profile"),
                "`users.\(user.name).aws.profile`: a function has no profiles; name a role with `role-arn`")
        }
        for pusher in loaded.pushers {
            guard let profile = pusher.account?.profile, profile != configuration.account.profile else { continue }
            add(
                configuration.position(ofPusher: pusher.name).line,
                "`pushers.\(pusher.name).aws.profile`: a function has no profiles; name a role with `role-arn`")
        }
        if configuration.selfRotation != nil {
            add(
                configuration.line(at: "self-rotation"),
                "`self-rotation`: a function runs with its role and has no access key of its own; leave it out")
        }
    }

    private mutating func checkSecrets() {
        for reference in loaded.secretReferences where !reference.source.isKeptByAWS {
            // Those of seal keys are refused as a whole.
            if configuration.sealKeys.contains(where: { $0.place == reference.place }) { continue }
            let kind =
                switch reference.source {
                case .environment: "the function's environment is shown to everyone who may look at the function"
                case .file: "a file in the function's code is shown to everyone who may read the code"
                case .command: "a function has no program to run"
                case .secretsManager, .parameter: ""
                }
            mistakes.append(reference.error("it must be { secretsmanager: NAME } or { ssm: NAME }: \(kind)"))
        }
    }
}
