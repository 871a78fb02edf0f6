@testable import DynamoFake
import DynamoStore
import Foundation
import StateStore
import Testing

extension StoreSuite {
    /// On a fake of DynamoDB.
    static func fakeDynamo() throws -> StoreSuite {
        let server = try FakeDynamoServer()
        return StoreSuite(
            name: "DynamoDB (fake)",
            open: { [server] in try await Dynamo(url: server.url).open() },
            openFresh: {
                let fresh = try FakeDynamoServer()
                return KeptStore(try await Dynamo(url: fresh.url).open(), fresh)
            })
    }

    /// On moto's server, with a table of its own.
    static func motoDynamo() throws -> StoreSuite {
        let moto = Dynamo(url: try MotoServer.shared.get().url, http: Dynamo.httpOfMoto)
        let table = "state-\(UUID().uuidString)"
        return StoreSuite(
            name: "DynamoDB (moto)",
            open: {
                do { return try await moto.open(table) } catch {
                    guard "\(error)".contains("create-table") else { throw error }
                    // Of two that come at once one makes it.
                    try? await moto.makeTable(table)
                    return try await moto.open(table)
                }
            },
            openFresh: {
                let fresh = "state-\(UUID().uuidString)"
                try await moto.makeTable(fresh)
                return try await moto.open(fresh)
            })
    }
}

/// A store that keeps its server.
struct KeptStore: StateStore {
    private let store: DynamoStore
    private let server: FakeDynamoServer
    var place: String { store.place }
    var isShared: Bool { store.isShared }

    init(_ store: DynamoStore, _ server: FakeDynamoServer) { (self.store, self.server) = (store, server) }

    func user(_ name: String) async throws(StoreError) -> StoredUser? { try await store.user(name) }
    func versions() async throws(StoreError) -> [String: Int64] { try await store.versions() }
    func users() async throws(StoreError) -> [String: StoredUser] { try await store.users() }
    func commit(_ change: UserChange) async throws(StoreError) { try await store.commit(change) }
    func lines(_ query: LineQuery) async throws(StoreError) -> [StoredLine] { try await store.lines(query) }
    func documents(_ prefix: String) async throws(StoreError) -> [String: StoredDocument] {
        try await store.documents(prefix)
    }
    func write(_ content: [UInt8]?, to name: String, version: Int64) async throws(StoreError) {
        try await store.write(content, to: name, version: version)
    }
    func scrub() async { await store.scrub() }
    func concern() async throws(StoreError) -> String? { await store.concern() }
    func epoch() async throws(StoreError) -> String? { await store.epoch() }
    func time() async throws(StoreError) -> Int64? { await store.time() }
}

/// The same claims as of every store, on moto's server, which is not ours.
@Suite(
    "DynamoDB on moto_server (skipped without it: `make .build/venv/ready`, and KEYTURN_MOTO or PATH)",
    .enabled(if: MotoServer.program != nil, "moto_server is neither KEYTURN_MOTO nor in PATH"),
    // There is one connection.
    .serialized)
struct MotoStoreTests {
    enum Claim: String, CaseIterable, Sendable {
        case whatIsCommittedIsRead, aConflictChangesNothing, aCommitIsAllOrNothing, ofManyWritersOneSucceeds
        case linesAreFound, documentsAreComparedAndSet, timeIsTheStores, aCrashAnywhereLosesNothing
        case itTakesTheSizesThatOccur

        /// All, where they are asked for: those that moto takes half a minute for are tried later.
        static var wanted: [Claim] {
            if ProcessInfo.processInfo.environment["KEYTURN_MOTO_ALL"] != nil { return allCases }
            return allCases.filter {
                ![.ofManyWritersOneSucceeds, .aCrashAnywhereLosesNothing, .itTakesTheSizesThatOccur].contains($0)
            }
        }
    }

    @Test(arguments: Claim.wanted)
    func holds(_ claim: Claim) async throws {
        let suite = try StoreSuite.motoDynamo()
        switch claim {
        case .whatIsCommittedIsRead: try await suite.whatIsCommittedIsRead()
        case .aConflictChangesNothing: try await suite.aConflictChangesNothing()
        case .aCommitIsAllOrNothing: try await suite.aCommitIsAllOrNothing()
        case .ofManyWritersOneSucceeds: try await suite.ofManyWritersOneSucceeds()
        case .linesAreFound: try await suite.linesAreFound()
        case .documentsAreComparedAndSet: try await suite.documentsAreComparedAndSet()
        case .timeIsTheStores: try await suite.timeIsTheStores()
        case .aCrashAnywhereLosesNothing: try await suite.aCrashAnywhereLosesNothing()
        case .itTakesTheSizesThatOccur: try await suite.itTakesTheSizesThatOccur()
        }
    }
}
