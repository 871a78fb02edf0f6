internal import Configuration
internal import Journal
package import Rotation

/// `status --json`, and what the table is made of.
package struct StatusDocument: Encodable, Sendable {
    package struct Key: Encodable, Sendable {
        package var id: String
        package var role: String
        package var status: String
        package var created: String
    }

    package struct DeliveryLine: Encodable, Sendable {
        package var target: String
        package var state: String
        package var evidence: String?
        package var attempts: Int
        package var at: String?
        package var detail: String?
        package var mayBeTorn = false
        /// Whether the detail is about this target's place in the configuration, and not about its delivery.
        package var isRemark = false
        /// When the target last said what it holds.
        package var lookedAt: String?
        /// What it showed then that it should not, in a sentence.
        package var drift: String?
        /// The plugin of the push that confirmed it.
        package var pluginVersion: String?
        package var pluginSHA256: String?
        /// With `--online`: what the target really holds.
        package var holds: Holding?

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(target, forKey: .target)
            try container.encode(state, forKey: .state)
            try container.encode(evidence, forKey: .evidence)
            try container.encode(attempts, forKey: .attempts)
            try container.encode(at, forKey: .at)
            try container.encode(detail, forKey: .detail)
            try container.encode(mayBeTorn, forKey: .mayBeTorn)
            try container.encode(lookedAt, forKey: .lookedAt)
            try container.encode(drift, forKey: .drift)
            try container.encode(pluginVersion, forKey: .pluginVersion)
            try container.encode(pluginSHA256, forKey: .pluginSHA256)
            try container.encodeIfPresent(holds, forKey: .holds)
        }

        enum CodingKeys: String, CodingKey {
            case target, state, evidence, attempts, at, detail, drift, holds
            case mayBeTorn = "may-be-torn"
            case lookedAt = "looked-at"
            case pluginVersion = "plugin-version"
            case pluginSHA256 = "plugin-sha256"
        }
    }

    /// A process that stays up.
    package struct Worker: Encodable, Sendable {
        package var host: String
        package var process: Int32
        package var version: String
        package var since: String
        package var seen: String
        package var users: Int

        init(_ worker: FleetWorker, seen: Duration, at now: Timestamp) {
            (host, process, version, users) = (worker.host, worker.process, worker.version, worker.users)
            since = Moment.text(Timestamp(milliseconds: worker.since))
            self.seen = Moment.text(now - seen)
        }
    }

    package struct Holding: Encodable, Sendable {
        package var role: String
        package var key: String?
        package var since: String?
        package var drift: String?
        package var text: String

        init(_ look: TargetLook, drift: String?) {
            (role, key, since, text) = (look.holding.rawValue, look.key, look.since, look.text)
            self.drift = drift
        }

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(role, forKey: .role)
            try container.encode(key, forKey: .key)
            try container.encode(since, forKey: .since)
            try container.encode(drift, forKey: .drift)
        }

        enum CodingKeys: CodingKey { case role, key, since, drift }
    }

    /// When, by which service and in which region the old key was last used, as IAM said.
    package struct LastUsed: Encodable, Sendable {
        package var at: String
        package var service: String?
        package var region: String?

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(at, forKey: .at)
            try container.encode(service, forKey: .service)
            try container.encode(region, forKey: .region)
        }

        enum CodingKeys: CodingKey { case at, service, region }
    }

    /// An Active key that has passed `max-age`, and since when it has.
    package struct OverAge: Encodable, Sendable {
        package var key: String
        package var since: String
        /// In a sentence.
        package var text: String

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(key, forKey: .key)
            try container.encode(since, forKey: .since)
        }

        enum CodingKeys: CodingKey { case key, since }
    }

    package struct Next: Encodable, Sendable {
        package var action: String
        /// nil: it waits for a person.
        package var due: String?

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(action, forKey: .action)
            try container.encode(due, forKey: .due)
        }

        enum CodingKeys: CodingKey { case action, due }
    }

    package struct User: Encodable, Sendable {
        package var user: String
        package var phase: String
        package var rotation: Int
        package var keys: [Key]
        package var deliveries: [DeliveryLine]
        package var next: Next
        package var problem: String?
        package var problemCode: String?
        package var problemSince: String?
        package var lastUsed: LastUsed?
        package var overAge: OverAge?
        package var leaks: [LeakedKey]
        package var outage: Outage?
        /// For how long the next step has been due.
        package var overdue: Duration
        /// Targets of the configuration, whether something was pushed there or not.
        package var configuredTargets: Int
        /// Until when a freeze that holds now lets no rotation begin; nil: none does.
        package var frozenUntil: Timestamp?
        /// Whether an operator asked for a rotation that has not begun.
        package var isRequested = false

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(user, forKey: .user)
            try container.encode(phase, forKey: .phase)
            try container.encode(rotation, forKey: .rotation)
            try container.encode(keys, forKey: .keys)
            try container.encode(deliveries, forKey: .deliveries)
            try container.encode(next, forKey: .next)
            try container.encode(problem, forKey: .problem)
            try container.encode(problemCode, forKey: .problemCode)
            try container.encode(problemSince, forKey: .problemSince)
            try container.encode(lastUsed, forKey: .lastUsed)
            try container.encode(overAge, forKey: .overAge)
            try container.encode(leaks, forKey: .leaks)
            try container.encode(outage, forKey: .outage)
        }

        enum CodingKeys: String, CodingKey {
            case user, phase, rotation, keys, deliveries, next, problem, leaks, outage
            case problemCode = "problem-code"
            case problemSince = "problem-since"
            case lastUsed = "last-used"
            case overAge = "over-age"
        }
    }

    package var users: [User]
    /// Processes that stay up and work on a state that many may use.
    package var workers: [Worker]?
    /// With `--timings`.
    var timings: TimingsDocument?
}

extension StatusDocument.DeliveryLine {
    /// Whether someone should see it.
    package var isQuiet: Bool {
        state == "confirmed" && !mayBeTorn && !isRemark && holds?.drift == nil && drift == nil
    }
}

extension StatusDocument.User {
    /// Before the first rotation there are targets, and nothing that became of them.
    package var targets: Int { max(deliveries.count, configuredTargets) }

    /// Whether someone should look: what fits on one line otherwise does not say so.
    package var needsAttention: Bool {
        problem != nil || overAge != nil || isAlarming || deliveries.contains { !$0.isQuiet && $0.state != "skipped" }
    }

    init(_ user: ConfiguredUser, _ rotation: Rotation, at now: Timestamp) {
        let due = rotation.due(at: now, policy: user.policy)
        self.init(
            user: user.name, phase: rotation.phase.rawValue, rotation: rotation.number,
            keys: Self.keys(rotation), deliveries: Self.deliveries(user, rotation),
            next: .init(action: due.action.rawValue, due: due.action.waitsForPerson ? nil : Moment.text(due.at)),
            // What it says to type can be typed.
            problem: (rotation.trouble ?? rotation.obstacle?.message)?.naming(user.name),
            problemCode: rotation.obstacle?.code.rawValue ?? (rotation.trouble == nil ? nil : "not-delivered"),
            problemSince: rotation.obstacle.map { Moment.text($0.since) },
            lastUsed: rotation.lastUse.map { .init(at: Moment.text($0.at), service: $0.service, region: $0.region) },
            overAge: rotation.overAge(at: now, policy: user.policy).map {
                .init(
                    key: $0.key.rawValue, since: Moment.text($0.since),
                    text: rotation.sentenceOnAge(at: now, policy: user.policy, saysWhy: false) ?? "")
            },
            leaks: rotation.leakedKeys, outage: rotation.outage(user.targets.map(\.name), of: user.name),
            overdue: due.action.waitsForPerson || rotation.isUnobserved ? .zero : max(now - due.at, .zero),
            configuredTargets: user.targets.count, frozenUntil: rotation.frozenUntil(now, user.policy),
            isRequested: rotation.isRequested)
    }

    static func keys(_ rotation: Rotation) -> [StatusDocument.Key] {
        [("current", rotation.current), ("next", rotation.next), ("previous", rotation.previous)].compactMap {
            role, key in
            key.map {
                .init(id: $0.id.rawValue, role: role, status: $0.status.rawValue, created: Moment.text($0.created))
            }
        }
    }

    /// The rotation's deliveries, with a word about targets that came or went since.
    private static func deliveries(_ user: ConfiguredUser, _ rotation: Rotation) -> [StatusDocument.DeliveryLine] {
        let configured = Set(user.targets.map(\.name))
        let known = rotation.deliveries.map { target, delivery in
            let isGone = !configured.contains(target)
            return StatusDocument.DeliveryLine(
                target: target.rawValue, state: delivery.state.rawValue, evidence: delivery.evidence?.rawValue,
                attempts: delivery.attempts, at: delivery.at.map(Moment.text),
                detail: isGone
                    ? "no longer in the configuration: no rotation begins until it is back, or "
                        + "`keyturn forget \(target) --reason REASON`" : delivery.detail,
                mayBeTorn: delivery.mayBeTorn, isRemark: isGone, lookedAt: delivery.lookedAt.map(Moment.text),
                drift: delivery.drift.map { rotation.sentence(on: $0, of: user.name) },
                pluginVersion: delivery.plugin?.version, pluginSHA256: delivery.plugin?.sha256)
        }
        guard rotation.number > 0 else { return known }
        let new = configured.subtracting(rotation.deliveries.keys).map { target in
            StatusDocument.DeliveryLine(
                target: target.rawValue, state: "pending", evidence: nil, attempts: 0, at: nil,
                detail: rotation.lacksTargets(UserRequirements(policy: user.policy, targets: user.targets.map(\.name)))
                    ? "new in the configuration: it gets the current key at the next step"
                    : "new in the configuration: it gets its key at the next rotation; `keyturn rotate` begins one")
        }
        return (known + new).sorted { $0.target < $1.target }
    }
}
