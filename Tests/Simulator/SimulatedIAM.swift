internal import Rotation

/// IAM and STS for one user: the truth, and what they show of it.
struct SimulatedIAM {
    /// Who has made a key.
    enum Maker { case keyturn, stranger }

    /// The keys as they are.
    private(set) var keys: [AccessKey] = []
    private var snapshots: [(since: Timestamp, keys: [AccessKey])] = []
    /// When STS knows a key for sure.
    var spread: [AccessKeyID: Timestamp] = [:]
    /// Who has made which key.
    var makers: [AccessKeyID: Maker] = [:]
    /// When keys were last used.
    var uses: [AccessKeyID: Timestamp] = [:]
    private var made = 0

    func key(_ id: AccessKeyID) -> AccessKey? { keys.first { $0.id == id } }

    func isActive(_ id: AccessKeyID) -> Bool { key(id)?.status == .active }

    var hasActiveKey: Bool { keys.contains { $0.status == .active } }

    /// What a listing shows that lags behind.
    func listing(asOf moment: Timestamp) -> [AccessKey] { snapshots.last { $0.since <= moment }?.keys ?? keys }

    /// AWS gives ages to the second.
    mutating func make(by maker: Maker, at now: Timestamp, age: Duration = .zero) -> AccessKey {
        made += 1
        let created = (now - age).milliseconds / 1_000 * 1_000
        let key = AccessKey(
            id: AccessKeyID("AKIA\(made)"), status: .active, created: Timestamp(milliseconds: created))
        makers[key.id] = maker
        keys.append(key)
        changed(now)
        return key
    }

    mutating func setStatus(_ status: AccessKey.Status, of id: AccessKeyID, at now: Timestamp) {
        guard let index = keys.firstIndex(where: { $0.id == id }) else { return }
        keys[index].status = status
        changed(now)
    }

    mutating func delete(_ id: AccessKeyID, at now: Timestamp) {
        keys.removeAll { $0.id == id }
        changed(now)
    }

    private mutating func changed(_ now: Timestamp) {
        snapshots.append((now, keys))
        if snapshots.count > 8 { snapshots.removeFirst() }
    }
}
