internal import DynamoFake
internal import Journal
internal import PostgresStore
internal import SQLiteStore
internal import StateStore
internal import Synchronization

/// Where worlds keep their states: the real stores, each with the worlds' time.
enum WorldStore: Sendable {
    /// In memory.
    case sqlite
    /// A database of a real server, which all worlds share.
    case postgres(String)
    /// A fake of DynamoDB.
    case dynamo

    init?(_ text: String) {
        switch text {
        case "sqlite": self = .sqlite
        case "dynamodb": self = .dynamo
        default:
            guard text.hasPrefix("postgresql://") else { return nil }
            self = .postgres(text)
        }
    }

    struct NoStore: Error {}

    func open(_ time: SimulatedTime) async throws -> any StateStore {
        switch self {
        case .sqlite: return try SQLiteStore(path: nil) { time.wallClock }
        case .postgres(let address):
            guard let store = try await PostgresStore.open(address, password: nil) else { throw NoStore() }
            return RetimedStore(store, time)
        case .dynamo:
            let server = try FakeDynamoServer(remembers: false)
            return RetimedStore(try await Dynamo(url: server.url).open(), time, keeping: server)
        }
    }
}

/// A store whose leases end by the time of the worlds, in place of its server's, which does not jump.
private final class RetimedStore: StateStore {
    /// Longer than a run lasts.
    private static let lasting: Int64 = 86_400_000

    private let store: any StateStore
    private let time: SimulatedTime
    private let server: FakeDynamoServer?
    /// By user.
    private let ends = Mutex<[String: Int64]>([:])
    let place = "a simulated state"
    let isShared = true

    init(_ store: any StateStore, _ time: SimulatedTime, keeping server: FakeDynamoServer? = nil) {
        (self.store, self.time, self.server) = (store, time, server)
    }

    private func retimed(_ user: StoredUser?, _ name: String) -> StoredUser? {
        guard var user, let lease = user.lease else { return user }
        let end = ends.withLock { $0[name] } ?? 0
        user.lease = StoredLease(owner: lease.owner, milliseconds: end - time.wallClock)
        return user
    }

    func commit(_ change: UserChange) async throws(StoreError) {
        var retimed = change
        let end = change.lease.map { time.wallClock + $0.milliseconds }
        retimed.lease = change.lease.map { StoredLease(owner: $0.owner, milliseconds: Self.lasting) }
        try await store.commit(retimed)
        ends.withLock { $0[change.user] = end }
    }

    func user(_ name: String) async throws(StoreError) -> StoredUser? { retimed(try await store.user(name), name) }

    func users() async throws(StoreError) -> [String: StoredUser] {
        var found = try await store.users()
        for (name, user) in found { found[name] = retimed(user, name) }
        return found
    }

    // The worlds know nothing of servers that are replaced.
    func concern() async throws(StoreError) -> String? { nil }
    func epoch() async throws(StoreError) -> String? { nil }
    func time() async throws(StoreError) -> Int64? { nil }
    func versions() async throws(StoreError) -> [String: Int64] { try await store.versions() }
    func lines(_ query: LineQuery) async throws(StoreError) -> [StoredLine] { try await store.lines(query) }
    func scrub() async { await store.scrub() }

    func documents(_ prefix: String) async throws(StoreError) -> [String: StoredDocument] {
        try await store.documents(prefix)
    }

    func write(_ content: [UInt8]?, to name: String, version: Int64) async throws(StoreError) {
        try await store.write(content, to: name, version: version)
    }
}
