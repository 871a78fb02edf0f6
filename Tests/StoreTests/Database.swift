import Foundation
@testable import PostgresStore
import StateStore

/// A database of a test's own, on the server that the tests are given.
struct Database: Sendable {
    /// The server's address, with one of its databases; nil: the tests were started without one.
    static let server = ProcessInfo.processInfo.environment["KEYTURN_POSTGRES"]

    let address: String

    /// Makes a database.
    init(on server: String) throws {
        let name = "test_\(UUID().uuidString.lowercased().replacing("-", with: ""))"
        try Self.run("CREATE DATABASE \(name)", on: server)
        address = server.replacing("///keyturn?", with: "///\(name)?")
    }

    static func suite(on server: String) throws -> StoreSuite {
        let database = try Database(on: server)
        return StoreSuite(
            name: "PostgreSQL", open: { try await database.open() },
            openFresh: {
                try Self.run("DROP SCHEMA IF EXISTS keyturn CASCADE", on: database.address)
                return try await database.open()
            })
    }

    func open() async throws -> PostgresStore {
        guard let store = try await PostgresStore.open(address, password: nil) else { throw NoState() }
        return store
    }

    struct NoState: Error {}

    /// Runs a statement as any other program would.
    @discardableResult
    static func run(_ sql: String, on address: String) throws -> [Row] {
        let connection = try Connection(try ConnectionSettings(address).pairs, password: nil)
        return try connection.run(sql, until: .now + .seconds(30))
    }

    @discardableResult
    func run(_ sql: String) throws -> [Row] { try Self.run(sql, on: address) }
}
