import Engine
import Rotation
import Secrets
import Synchronization

/// An IAM and STS of one account, in memory.
final class FakeAWS: AccessKeyService {
    /// What CreateAccessKey does.
    enum Creation: Sendable {
        case works
        /// The key is made, and the reply is lost.
        case lost
        /// The key is made, and no reply ever comes.
        case hangs
        case refused
    }

    /// A call that changed something, and when.
    struct Change: Sendable, Equatable {
        var call: String
        var key: AccessKeyID
        var at: Timestamp
    }

    private struct State {
        var keys: [String: [AccessKey]] = [:]
        var changes: [Change] = []
        var creations: [Creation] = []
        var made = 0
        var ignorance: [AccessKeyID: Int] = [:]
    }

    private let state = Mutex(State())
    private let clock: VirtualClock
    /// How many times STS does not know a new key.
    let spreading: Int
    /// Whose every pair is, according to STS; nil: its user's.
    let impostor: String?

    init(_ clock: VirtualClock, spreading: Int = 1, impostor: String? = nil) {
        self.clock = clock
        self.spreading = spreading
        self.impostor = impostor
    }

    /// Gives a user a key that is due.
    func addOldKey(of user: String, age: Duration = .seconds(48 * 3600)) -> AccessKeyID {
        let key = AccessKey(id: AccessKeyID("AKIAOLD\(user)"), status: .active, created: clock.now - age)
        state.withLock { $0.keys[user, default: []].append(key) }
        return key.id
    }

    /// The next creations go that way; later ones work.
    func nextCreations(_ creations: Creation...) { state.withLock { $0.creations = creations } }

    func keys(of user: String) -> [AccessKey] { state.withLock { $0.keys[user] ?? [] } }

    var changes: [Change] { state.withLock { $0.changes } }

    func changes(_ call: String) -> [Change] { changes.filter { $0.call == call } }

    static func secret(of id: String) -> String { "s3cr3t/+of/\(id)/0123456789" }

    func listAccessKeys(of user: String) async throws(Failure) -> [AccessKey] { keys(of: user) }

    func createAccessKey(of user: String, under tenure: Tenure) async throws(Failure) -> (key: AccessKey, pair: KeyPair)
    {
        let creation = state.withLock { $0.creations.isEmpty ? .works : $0.creations.removeFirst() }
        if creation == .refused { throw Failure(.refused, "CreateAccessKey: refused") }
        let now = clock.now
        let made = state.withLock { state -> AccessKey? in
            guard state.keys[user, default: []].count < 2 else { return nil }
            state.made += 1
            let key = AccessKey(id: AccessKeyID("AKIANEW\(state.made)"), status: .active, created: now)
            state.keys[user, default: []].append(key)
            state.ignorance[key.id] = spreading
            state.changes.append(Change(call: "create", key: key.id, at: now))
            return key
        }
        guard let made else { throw Failure(.limitExceeded, "CreateAccessKey: LimitExceeded") }
        if creation == .lost { throw Failure(.lost, "CreateAccessKey: no reply") }
        while creation == .hangs, !Task.isCancelled { await Task.yield() }
        return (made, KeyPair(id: made.id, secret: .text(Self.secret(of: made.id.rawValue))))
    }

    func setStatus(
        _ status: AccessKey.Status, of id: AccessKeyID, of user: String, under tenure: Tenure
    ) async throws(Failure) {
        let now = clock.now
        state.withLock { state in
            for index in state.keys[user, default: []].indices where state.keys[user]?[index].id == id {
                state.keys[user]?[index].status = status
            }
            state.changes.append(Change(call: status.rawValue, key: id, at: now))
        }
    }

    func deleteAccessKey(_ id: AccessKeyID, of user: String, under tenure: Tenure) async throws(Failure) {
        let now = clock.now
        state.withLock { state in
            state.keys[user]?.removeAll { $0.id == id }
            state.changes.append(Change(call: "delete", key: id, at: now))
        }
    }

    func lastUse(of id: AccessKeyID) async throws(Failure) -> LastUse? { nil }

    func holder(of pair: KeyPair, expecting expected: String) async throws(Failure) -> KeyHolder {
        let user = state.withLock { state -> String? in
            if let left = state.ignorance[pair.id], left > 0 {
                state.ignorance[pair.id] = left - 1
                return nil
            }
            return state.keys.first { $0.value.contains { $0.id == pair.id && $0.status == .active } }?.key
        }
        guard let user, pair.secret == .text(Self.secret(of: pair.id.rawValue)) else {
            throw Failure(.denied, "GetCallerIdentity: InvalidClientTokenId")
        }
        if let impostor { return .another(impostor) }
        return user == expected ? .expected : .another(user)
    }
}
