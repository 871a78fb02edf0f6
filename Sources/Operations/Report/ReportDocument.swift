/// `keyturn report --json`: for auditors, who ask how old keys became and whether the evidence is sound.
package struct ReportDocument: Encodable, Sendable {
    /// The key that was the oldest while it was Active.
    package struct OldestKey: Encodable, Sendable {
        package var key: String
        package var seconds: Int64
        /// Whether it may have been older: keyturn took it over.
        package var isAtLeast: Bool

        private enum CodingKeys: String, CodingKey {
            case key, seconds
            case isAtLeast = "at-least"
        }
    }

    package struct Key: Encodable, Sendable {
        package var id: String
        package var role: String
        package var status: String
        package var created: String
        package var seconds: Int64
    }

    package struct Target: Encodable, Sendable {
        package var target: String
        package var state: String
        package var evidence: String?
        package var at: String?
        /// The age of the key that it was confirmed to hold; nil: that is not known.
        package var seconds: Int64?
        /// Whether its system could do without a key.
        package var couldFederate = false

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(target, forKey: .target)
            try container.encode(state, forKey: .state)
            try container.encode(evidence, forKey: .evidence)
            try container.encode(at, forKey: .at)
            try container.encode(seconds, forKey: .seconds)
            try container.encode(couldFederate, forKey: .couldFederate)
        }

        private enum CodingKeys: String, CodingKey {
            case target, state, evidence, at, seconds
            case couldFederate = "could-federate"
        }
    }

    package struct Skip: Encodable, Sendable {
        package var target: String
        package var at: String
        package var reason: String?
    }

    package struct Leak: Encodable, Sendable {
        package var key: String
        package var at: String
        /// nil: it is Active still.
        package var deadAt: String?
        /// From the order to its death, or to the end of the report.
        package var seconds: Int64

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(key, forKey: .key)
            try container.encode(at, forKey: .at)
            try container.encode(deadAt, forKey: .deadAt)
            try container.encode(seconds, forKey: .seconds)
        }

        private enum CodingKeys: String, CodingKey {
            case key, at, seconds
            case deadAt = "dead-at"
        }
    }

    package struct User: Encodable, Sendable {
        package var user: String
        /// Whether the configuration has it.
        package var isConfigured: Bool
        package var phase: String
        package var problem: String?
        package var keys: [Key]
        /// Rotations that were completed in the period, and when the last one was.
        package var rotations: Int
        package var lastRotation: String?
        package var oldest: OldestKey?
        package var targets: [Target]
        package var skips: [Skip]
        package var leaks: [Leak]

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(user, forKey: .user)
            try container.encode(isConfigured, forKey: .isConfigured)
            try container.encode(phase, forKey: .phase)
            try container.encode(problem, forKey: .problem)
            try container.encode(keys, forKey: .keys)
            try container.encode(rotations, forKey: .rotations)
            try container.encode(lastRotation, forKey: .lastRotation)
            try container.encode(oldest, forKey: .oldest)
            try container.encode(targets, forKey: .targets)
            try container.encode(skips, forKey: .skips)
            try container.encode(leaks, forKey: .leaks)
        }

        private enum CodingKeys: String, CodingKey {
            case user, phase, problem, keys, rotations, targets, skips, leaks
            case isConfigured = "configured"
            case lastRotation = "last-rotation"
            case oldest = "oldest-key"
        }
    }

    /// How many targets of the configuration could do without a key.
    package struct Federation: Encodable, Sendable {
        package var targets: Int
        package var couldFederate: Int

        private enum CodingKeys: String, CodingKey {
            case targets
            case couldFederate = "could-federate"
        }
    }

    /// A key in IAM that no rotation of keyturn's will replace.
    package struct Unmanaged: Encodable, Sendable {
        package var user: String
        package var key: String
        package var status: String
        package var created: String
        package var seconds: Int64
    }

    /// Where the period begins; nil: with the history.
    package var since: String?
    package var until: String
    package var users: [User]
    package var federation: Federation
    /// nil: IAM was not asked.
    package var unmanaged: [Unmanaged]?
    package var history: VerdictDocument
    /// The limit that was asked for, in seconds; nil: none was.
    package var maxAge: Int64?
    /// What does not pass, a sentence each.
    package var failures: [String]

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(since, forKey: .since)
        try container.encode(until, forKey: .until)
        try container.encode(users, forKey: .users)
        try container.encode(federation, forKey: .federation)
        try container.encode(unmanaged, forKey: .unmanaged)
        try container.encode(history, forKey: .history)
        try container.encode(maxAge, forKey: .maxAge)
        try container.encode(failures.isEmpty, forKey: .passes)
        try container.encode(failures, forKey: .failures)
    }

    private enum CodingKeys: String, CodingKey {
        case since, until, users, federation, unmanaged, history, passes, failures
        case maxAge = "max-age-seconds"
    }
}
