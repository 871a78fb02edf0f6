internal import Configuration
internal import Rotation

extension StatusDocument {
    /// A key that an operator has declared leaked, until it is gone and replaced.
    package struct LeakedKey: Encodable, Sendable {
        package var key: String
        /// `Active`, `Inactive` or `deleted`.
        package var status: String
        /// In a sentence, with what can be done about it.
        package var text: String

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(key, forKey: .key)
            try container.encode(status, forKey: .status)
        }

        enum CodingKeys: CodingKey { case key, status }

        /// Whether whoever has it can still use it.
        package var isActive: Bool { status == AccessKey.Status.active.rawValue }
    }

    /// Targets that hold a key which no longer works, so that their jobs fail.
    package struct Outage: Encodable, Sendable {
        package var key: String
        package var targets: [String]
        /// In a sentence.
        package var text: String

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(key, forKey: .key)
            try container.encode(targets, forKey: .targets)
        }

        enum CodingKeys: CodingKey { case key, targets }
    }
}

extension StatusDocument.User {
    /// Whether a key has leaked or targets are cut off: that cannot wait.
    package var isAlarming: Bool { outage != nil || !leaks.isEmpty }
}

extension Rotation {
    /// What `status` shows of keys that leaked.
    var leakedKeys: [StatusDocument.LeakedKey] {
        leaks.map { leak in
            let record = [current, next, previous].compactMap { $0 }.first { $0.id == leak.id }
            let status = record?.status.rawValue ?? (leak.isStranger ? AccessKey.Status.active.rawValue : "deleted")
            return .init(key: leak.id.rawValue, status: status, text: sentence(onLeaked: leak, status))
        }
    }

    private func sentence(onLeaked leak: Leak, _ status: String) -> String {
        guard status == AccessKey.Status.active.rawValue else {
            return
                "\(leak.id) has leaked and is \(status == "deleted" ? status : "Inactive"): it cannot be used any more"
        }
        if leak.isStranger || leak.isAtOnce { return "\(leak.id) IS STILL ACTIVE; deactivating it comes first" }
        return
            "\(leak.id) IS STILL ACTIVE until every target has a new key; `keyturn revoke \(leak.id) --now` kills it before"
    }

    /// The targets of a user that are cut off; nil: none is.
    func outage(_ targets: [TargetName], of user: String) -> StatusDocument.Outage? {
        let outages = outages(targets)
        guard let first = outages.first else { return nil }
        return .init(
            key: first.key.rawValue, targets: outages.flatMap(\.targets).map(\.rawValue),
            text: outages.map { sentence(on: $0, of: targets.count) }.joined(separator: "; ").naming(user))
    }

    private func sentence(on outage: Outage, of total: Int) -> String {
        let targets = outage.targets
        let names = listed(targets.map(\.rawValue), most: 3)
        let isSkipped = targets.allSatisfy { deliveries[$0]?.state == .skipped }
        let end =
            phase == .idle
            ? "the next rotation, which `keyturn rotate USER` begins"
            : isSkipped ? "the next rotation" : "they have the new key"
        return
            "\(Self.portion(targets.count, of: total)) \(targets.count == 1 ? "holds" : "hold") \(outage.key), which is "
            + "\(outage.isDeleted ? "deleted" : "Inactive"): jobs there fail until \(end) (\(names))"
    }
}
