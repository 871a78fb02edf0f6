internal import JSON
internal import Rotation

extension Configuration {
    static func readDefaults(_ field: Field?, _ file: String) throws(ConfigurationError) -> Policy {
        guard let field else { return .standard }
        var reader = try MappingReader(field, "defaults", file)
        let policy = try readPolicy(&reader, .standard)
        try reader.end()
        return policy
    }

    static func readPolicy(
        _ reader: inout MappingReader, _ base: Policy
    ) throws(ConfigurationError) -> Policy {
        var policy = base
        policy.rotateEvery = try reader.duration("rotate-every") ?? base.rotateEvery
        policy.overlap = try reader.duration("overlap") ?? base.overlap
        policy.soak = try reader.duration("soak") ?? base.soak
        policy.quiet = try reader.duration("quiet", allowsZero: true) ?? base.quiet
        policy.lookEvery = try reader.duration("look-every", allowsZero: true) ?? base.lookEvery
        policy.proofOfUse = try reader.flag("proof-of-use") ?? base.proofOfUse
        policy.preflight = try reader.flag("preflight") ?? base.preflight
        if let retained = try reader.string("retain-secret") {
            guard let retainSecret = RetainSecret(rawValue: retained) else {
                throw reader.error("retain-secret", "must be none, rotation or current")
            }
            policy.retainSecret = retainSecret
        }
        if let beginning = try reader.string("first-rotation") {
            guard let firstRotation = FirstRotation(rawValue: beginning) else {
                throw reader.error("first-rotation", "must be when-asked or when-due")
            }
            policy.firstRotation = firstRotation
        }
        policy.maxAttempts = try reader.integer("max-attempts", in: 1...100) ?? base.maxAttempts
        policy.retry = try reader.duration("retry") ?? base.retry
        policy.pushTimeout = try reader.duration("push-timeout") ?? base.pushTimeout
        policy.freezes = try FreezeText.read(&reader) ?? base.freezes
        policy.maxAge = try reader.duration("max-age") ?? base.maxAge
        policy.spread.percent = try reader.percentage("spread", in: Spread.range) ?? base.spread.percent
        guard policy.pushTimeout <= .seconds(600) else {
            throw reader.error("push-timeout", "must be at most 10m")
        }
        if let maxAge = policy.maxAge, maxAge < policy.shortestMaxAge {
            var error = reader.error(
                "max-age",
                "must be at least \(DurationText.text(policy.shortestMaxAge)): rotate-every, overlap, soak and an hour for the rotation itself"
            )
            error.isComparison = true
            throw error
        }
        return policy
    }

    static func readUsers(
        _ field: Field?, _ file: String, _ defaults: Policy, _ account: Account, _ pushers: Set<String>
    ) throws(ConfigurationError) -> [UserEntry] {
        guard let field else { return [] }
        var users: [UserEntry] = []
        for member in try MappingReader(field, "users", file).all {
            var reader = try MappingReader(member.field, "users.\(member.name)", file)
            var policy = try readPolicy(&reader, defaults)
            policy.spread.user = member.name
            let userName = try reader.string("user-name") ?? member.name
            try check(userName, reader, member.line)
            let ownAccount = reader.field("aws")
            let own = try readAccount(ownAccount, "users.\(member.name).aws", file, default: account)
            let owner = try reader.string("owner")
            let afterRotation = try AfterRotation.read(&reader)
            let targets = try readTargets(&reader, member.line, pushers)
            try reader.end()
            users.append(
                UserEntry(
                    name: member.name, userName: userName, policy: policy, account: own, owner: owner,
                    afterRotation: afterRotation, file: file,
                    line: member.line, targets: targets, lines: reader.lines(withAccount: ownAccount)))
        }
        return users
    }

    /// IAM's rule for user names: up to 64 letters, digits and `_+=,.@-`.
    static func check(_ name: String, _ reader: MappingReader, _ line: Int) throws(ConfigurationError) {
        let isFine = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_+=,.@-".contains($0)) }
        guard isFine, (1...64).contains(name.count) else {
            throw ConfigurationError(
                file: reader.file, line: line,
                "`\(name)` is not an IAM user name: up to 64 letters, digits and _+=,.@-, without a path")
        }
    }

    /// A name means one entry, whichever file it is in, and two entries for one IAM user would rotate each other's keys.
    static func checkUsers(_ users: [UserEntry]) throws(ConfigurationError) {
        var names: [String: UserEntry] = [:]
        var twins: [String: String] = [:]
        for user in users {
            if let first = names.updateValue(user, forKey: user.name) {
                throw ConfigurationError(
                    file: user.file, line: user.line, "`users.\(user.name)` is in \(first.file):\(first.line) already")
            }
            if let first = twins.updateValue(user.name, forKey: user.twin) {
                throw ConfigurationError(
                    file: user.file, line: user.line,
                    "`users.\(user.name)` is the IAM user \(user.userName), and so is `users.\(first)`")
            }
        }
    }

    static func readTargets(
        _ reader: inout MappingReader, _ line: Int, _ pushers: Set<String>
    ) throws(ConfigurationError) -> [TargetEntry] {
        guard let field = reader.field("targets"), case .list(let fields) = field.value, !fields.isEmpty else {
            throw reader.missing(
                "targets",
                "must be a list with at least one target: a key that is rotated and pushed nowhere would cut its users off",
                at: line)
        }
        var targets: [TargetEntry] = []
        for (index, target) in fields.enumerated() {
            var inner = try MappingReader(target, "\(reader.path("targets"))[\(index)]", reader.file)
            guard let pusher = try inner.string("pusher") else {
                throw inner.missing("pusher", "is missing")
            }
            guard pushers.contains(pusher) else {
                let near = Spelling.nearest(to: pusher, among: pushers).map { "; did you mean `\($0)`?" } ?? ""
                throw inner.error("pusher", "names `\(pusher)`, which is not among `pushers`\(near)")
            }
            targets.append(TargetEntry(pusher: pusher, field: target))
        }
        return targets
    }
}
