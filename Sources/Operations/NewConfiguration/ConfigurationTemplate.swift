/// The `keyturn.yaml` that `keyturn init` writes: complete where it can be, commented where it cannot.
struct ConfigurationTemplate {
    var users: [String]
    var region: String
    var endpoint: String?
    var target: FirstTarget?
    /// Those that there are pushers for.
    var systems: [CISystem]

    var text: String {
        """
        # keyturn.yaml - see https://github.com/keyturn/keyturn and `keyturn --help`.
        # Paths are relative to this file. A secret is never written here: it is { env: NAME }, { file: PATH } or
        # { command: [ARG, ...] }. `keyturn check` reads this file and reports what is wrong with it.
        version: 1

        # The database of what keyturn knows and has done. Back it up, and not next to the seal key.
        state: sqlite:keyturn.db
        # Encrypts new key pairs in the database until every target has confirmed them: 32 random bytes in base64.
        seal-key: { file: seal.key }

        aws:
          region: \(region)
        \(endpoint.map { "  endpoint-url: \($0)" } ?? "  # endpoint-url: http://127.0.0.1:5555   # for tests: this server is asked instead of AWS; also AWS_ENDPOINT_URL")
          # profile: ci-rotation   # a profile of ~/.aws; without it credentials are looked for where AWS's own tools do, the environment first
          # role-arn: arn:aws:iam::123456789012:role/keyturn   # a role to assume with them; a user can have its own `aws`

        # Who pushes keys: one entry for each system and token. The name is yours; targets use it. `keyturn plugin list` shows the plugins,
        # `keyturn plugin info ID` their fields.
        pushers:
        \(pushers)

        # For every user below, unless it says otherwise. Durations: 90s, 30m, 12h, 7d.
        defaults:
          rotate-every: 24h   # the age at which a key is replaced
          overlap: 1h         # both keys work for that long after every target has the new one, so that running jobs finish
          soak: 1h            # then the old key is Inactive for that long, and can be brought back, before it is deleted
          # first-rotation: when-due   # also the first rotation of a user begins by itself; else it waits for `keyturn rotate`
          # freeze: [{ from: 2026-12-20, to: 2027-01-04 }]   # times in which no rotation begins by itself
          # spread: 10%       # rotations begin up to that part of rotate-every earlier, so that not all users rotate at once
          # max-age: 7d       # no Active key gets older: a freeze is cut short for it, and status and notifications report one that does
          # quiet: 2h         # the old key must have been unused that long before it is deactivated; 0s: IAM is not asked
          # proof-of-use: true  # the new key must have been seen in use before the old one is deactivated
          # look-every: 6h    # how often targets are looked at between rotations; 0s: never
          # retain-secret: current  # keep the current pair sealed in the state, so that a target you add gets it at once
          # preflight: false    # begin a rotation without asking the targets first whether they would take a key
          # max-attempts: 3   # quick tries of one push; then it waits for 30 s, and longer after five minutes
          # retry: 5m         # the longest of these waits
          # push-timeout: 30s # the longest that one push may take

        users:
        \(userText)

        # Further users, found by tag or path; `keyturn plan` shows who was found.
        # discover:
        #   tag: keyturn=yes
        #   targets:
        #     \(templateLine)   # also {tag:NAME}

        # Where keyturn itself runs with the key of an IAM user, in a profile of ~/.aws/credentials: rotate that one, too.
        # self-rotation: { user: keyturn, profile: default }

        # A status page and metrics of `keyturn run`, for this machine only.
        # listen: 127.0.0.1:9464

        # Who is notified when a user is blocked or has recovered, when a rotation is complete, and when a leaked key is dead.
        # notifications:
        #   - { slack: { env: SLACK_WEBHOOK_URL }, on: [blocked, recovered, revoked] }
        """ + "\n"
    }

    /// A target of users that are found: at the chosen system, else at one that is an example.
    private var templateLine: String {
        let example = systems.first { $0.name == "github" } ?? systems.first
        return target?.templateLine ?? example.map { $0.templateLine($0.place) } ?? ""
    }

    /// The chosen one; where none is, those that there are, as comments.
    private var pushers: String {
        if let target { return "  \(target.system.pusherLine)" }
        return systems.map { "  # \($0.pusherLine)" }.joined(separator: "\n")
    }

    /// A target of each system, as comments.
    private func examples(_ indentation: String) -> String {
        systems.map { "\(indentation)\($0.targetLine($0.place))" }.joined(separator: "\n")
    }

    private var userText: String {
        guard !users.isEmpty else {
            return """
                  # cicd-bot:                       # the IAM user's name
                  #   rotate-every: 12h
                  #   targets:                      # every place that holds this user's key
                \(examples("  #     "))
                """
        }
        if let target {
            return users.map { user in
                """
                  \(user):
                    targets:                        # every place that holds this user's key
                      \(target.targetLine)
                """
            }.joined(separator: "\n")
        }
        return users.map { user in
            """
              \(user):
                targets:                        # every place that holds this user's key: fill in at least one
            \(examples("      # "))
            """
        }.joined(separator: "\n")
    }
}
