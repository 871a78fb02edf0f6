package import AWS
package import DynamoStore
package import HTTP
import JSON
package import Rotation
import Secrets
package import StateStore

/// Credentials that every fake takes.
package struct FixedCredentials: CredentialSource {
    package let name = "a test"

    package func credentials() async throws(AWSError) -> Credentials? {
        Credentials(pair: KeyPair(id: AccessKeyID("AKIAIOSFODNN7EXAMPLE"), secret: .text("secret")), source: name)
    }
}

/// A DynamoDB, and how its tables are opened.
package struct Dynamo: Sendable {
    static let http = HTTPClient()
    /// One connection, so one request at a time: moto does not keep transactions apart that it carries out at once.
    static let httpOfMoto = {
        var options = HTTPClient.Options()
        options.connectionsPerHost = 1
        return HTTPClient(options)
    }()
    static let region = "eu-central-1"

    let url: String
    let http: HTTPClient

    /// - Parameter url: the server's.
    package init(url: String, http: HTTPClient? = nil) { (self.url, self.http) = (url, http ?? Self.http) }

    package func open(
        _ table: String = "state", now: @escaping @Sendable () -> Timestamp = SystemTime.now
    ) async throws(StoreError) -> DynamoStore {
        let store = try await DynamoStore(
            table: table, account: Account(region: Self.region, endpoint: url), source: FixedCredentials(),
            http: http, environment: [:], clock: AWSClock(local: now))
        guard let store else { throw StoreError(.unavailable, "the table is empty, and stays so") }
        return store
    }

    /// A table of the layout that error texts name.
    func makeTable(_ name: String) async throws {
        let client = JSONClient(
            .dynamoDB, account: Account(region: Self.region, endpoint: url), source: FixedCredentials(),
            http: http, environment: [:])
        let table = FakeDynamo.table("pk", "sk").setting([
            "TableName": .string(name), "BillingMode": .string("PAY_PER_REQUEST"),
        ])
        var input = table.object ?? [:]
        input["TableStatus"] = nil
        _ = try await client.call("CreateTable", .object(input))
    }
}
