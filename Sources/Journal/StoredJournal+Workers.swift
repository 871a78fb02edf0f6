internal import FoundationEssentials
public import Rotation
internal import StateStore

/// A process that stays up and works on users, as it says so in a state that many may use.
public struct FleetWorker: Hashable, Codable, Sendable {
    /// How often it says so.
    public static let interval: Duration = .seconds(10)
    /// Who has said nothing for so long is gone.
    public static let patience: Duration = .seconds(35)

    /// The machine's name.
    public var host: String
    /// The process's ID on that machine.
    public var process: Int32
    /// keyturn's version.
    public var version: String
    /// Since when it is up, in milliseconds since 1970, by its own clock.
    public var since: Int64
    /// Users that it is at work on.
    public var users: Int
    /// The names of the seal keys that it has; nil: it is a keyturn that does not say.
    public var sealKeys: [String]?

    /// This process.
    public init(version: String, since: Int64, users: Int) {
        host = Author.current(command: "run").host
        process = LeaseOwner.current.process
        (self.version, self.since, self.users) = (version, since, users)
    }
}

extension StoredJournal {
    static let workers = "worker\n"
    private static var ownName: String { workers + LeaseOwner.current.text }

    /// Whether many processes on many machines may work with it.
    public var isShared: Bool { store.isShared }

    /// What may be lost of what the store has confirmed, in a sentence; nil: nothing.
    public func concern() async throws(JournalError) -> String? {
        try await explain { () throws(StoreError) in try await store.concern() }
    }

    /// The time by the store's clock; nil: it goes by this machine's own.
    public func time() async throws(JournalError) -> Timestamp? {
        try await explain { () throws(StoreError) in try await store.time() }.map { Timestamp(milliseconds: $0) }
    }

    /// The name of the machine of another process, as far as that process says it; one that does not stay up says nothing.
    func machine(of owner: LeaseOwner) async -> String {
        let content = try? await document(Self.workers + owner.text)
        let worker = content.flatMap { try? Coding.read(FleetWorker.self, $0) }
        return worker?.host ?? "another machine"
    }

    /// Says that this process is up, and takes those out of the list that have said nothing for an hour.
    public func announce(_ worker: FleetWorker) async throws(JournalError) {
        var named = worker
        named.sealKeys = seal?.ids
        let content = Coding.json(named)
        try await update(Self.ownName) { _ in content }
        for (name, document) in try await explain({ () throws(StoreError) in try await store.documents(Self.workers) })
        where document.age > 3_600_000 {
            do throws(StoreError) { try await store.write(nil, to: name, version: document.version) } catch {
                // It has said something after all, or another one was faster.
                if error.code != .conflict { throw JournalError(error, at: store.place) }
            }
        }
    }

    /// Takes this process out of the list.
    public func withdraw() async throws(JournalError) {
        let name = Self.ownName
        guard let own = try await explain({ () throws(StoreError) in try await store.documents(name) })[name] else {
            return
        }
        do throws(StoreError) { try await store.write(nil, to: name, version: own.version) } catch {
            throw JournalError(error, at: store.place)
        }
    }

    /// Those that are up, each with how long ago it said so.
    public func workers() async throws(JournalError) -> [(worker: FleetWorker, seen: Duration)] {
        var found: [(worker: FleetWorker, seen: Duration)] = []
        for (_, document) in try await explain({ () throws(StoreError) in try await store.documents(Self.workers) })
        where .milliseconds(document.age) < FleetWorker.patience {
            let worker = try located { () throws(JournalError) in try Coding.read(FleetWorker.self, document.content) }
            found.append((worker, .milliseconds(document.age)))
        }
        return found.sorted { ($0.worker.host, $0.worker.process) < ($1.worker.host, $1.worker.process) }
    }
}
