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

    /// The targets that are cut off, as far as the record goes; nil: none is.
    func outage(_ targets: [TargetName]) -> StatusDocument.Outage? {
        guard let dead = deadKeyOfTargets else { return nil }
        let isOpen = phase == .creating || phase == .verifying
        let cutOff = targets.filter { target in
            guard let delivery = deliveries[target] else { return isOpen }
            // One that was skipped holds what it held.
            return isOpen || delivery.state != .confirmed
        }
        guard !cutOff.isEmpty else { return nil }
        let names = cutOff.prefix(3).map(\.rawValue).joined(separator: ", ")
        let more = cutOff.count > 3 ? " and \(cutOff.count - 3) more" : ""
        return .init(
            key: dead.id.rawValue, targets: cutOff.map(\.rawValue),
            text:
                "\(cutOff.count) of \(counted(targets.count, "target")) \(cutOff.count == 1 ? "holds" : "hold") \(dead.id), which is "
                + "\(dead.words): jobs there fail until they have the new key (\(names)\(more))")
    }

    /// The key that targets hold which have not got the new one, where it does not work any more.
    private var deadKeyOfTargets: (id: AccessKeyID, words: String)? {
        guard [.creating, .verifying, .delivering, .overlap].contains(phase), number > 0 else { return nil }
        if let old = phase == .overlap ? previous : current {
            return old.status == .inactive ? (old.id, "Inactive") : nil
        }
        return leaks.first { !isKnown($0.id) && !$0.isStranger }.map { ($0.id, "deleted") }
    }

    private func isKnown(_ id: AccessKeyID) -> Bool { [current, next, previous].contains { $0?.id == id } }
}
