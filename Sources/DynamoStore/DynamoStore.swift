public import AWS
public import HTTP
internal import JSON
internal import Rotation
public import StateStore

/// A state in one table of DynamoDB.
///
/// **Layout.** A user is a *head* (version, lease, the last line's number and time); its record, and its parts spread by
/// their names over up to 64 *buckets*, one attribute each, in one of 16 partitions; and its lines, in a partition of
/// its own, those of one commit packed into one item. Heads of all users share a partition, and so do documents: they
/// are listed without reading anything else, and all users are read with 17 queries and one more for each further megabyte.
///
/// **A commit is one `TransactWriteItems`**: the head, under the condition that it has the expected version, and what
/// changes of the rest. So it is all or nothing under any crash, and of two writers one succeeds. Parts are set and
/// removed attribute by attribute: nothing is read before. 2,000 parts and 5,000 lines at once are below DynamoDB's 100
/// items and 4 MB; what exceeds them is refused, and nothing is changed.
///
/// **A lost answer** is asked for again with the same `ClientRequestToken`, which DynamoDB remembers for 10 minutes,
/// for 15 seconds. The token is also in the head as the name of the writing: a head that has it is the proof that
/// the commit was done, wherever the token does not help. Where that cannot be read either, or what was sent might
/// still arrive, the error is `uncertain`.
///
/// **Reading a user** is a read of the head and a query of record and buckets; reading all is a query of each partition. The head has the version of each: what
/// was committed between the two readings shows, and is read again. All reads are consistent ones.
///
/// **Costs**, in DynamoDB's units: a transaction writes each KB begun of an item for 2, a consistent read takes 4 KB for 1.
/// With deliveries of 500 bytes and a record of a KB:
///
/// | targets | first commit of all | commit that changes one | lease alone | reading the user | rotation, about |
/// |---|---|---|---|---|---|
/// | 1 | 8 written | 8 written, 0 read | 2 written | 2 read | 100 written |
/// | 50 | 106 | 10 | 2 | 8 | 1,200 |
/// | 2,000 | 2,118 | 44: head 2, record 4, lines 2, bucket of 17 KB | 2 | 260 | 180,000 |
///
/// A rotation is taken for two commits a target and ten more; 180,000 units cost about 0.1 USD. `versions` reads the heads
/// alone, 4 to 8 in a KB with few targets and one with 2,000. History of all users reads the heads and then the lines of
/// those users whose last line is late enough; there is no index, for its readings would lag behind. Times long ago are
/// found by halving.
///
/// **Time** is AWS's, as the `Date` of its answers shows it.
///
/// Nothing that was committed is ever lost, so there is no epoch. That holds for one region: replicas of a global table
/// must not be written to.
public struct DynamoStore: StateStore {
    /// For error texts: `dynamodb://TABLE?region=REGION`.
    public let place: String
    /// Yes.
    public let isShared = true
    let table: Table

    /// The attributes of the key that a table must have, in DynamoDB's words: partition key and sort key, both texts.
    public static let keyAttributes: [(name: String, type: String, role: String)] = [
        (Key.partitionName, "S", "HASH"), (Key.sortName, "S", "RANGE"),
    ]

    /// Opens a table.
    ///
    /// Rights that it needs on the table: `dynamodb:` DescribeTable, GetItem, Query, UpdateItem, DeleteItem and
    /// BatchWriteItem, and Scan for a table that is not marked yet.
    ///
    /// - Parameters:
    ///   - table: its name. It is not made: where it is missing, the error says how to make it.
    ///   - account: its region, and the base URL of DynamoDB if it is not AWS's.
    ///   - source: credentials; those of ``Accounts/credentials(of:)``.
    ///   - environment: for `AWS_ENDPOINT_URL` and its like.
    ///   - clock: what is known of AWS's clock; that of ``Accounts/clock``.
    ///   - makes: whether an empty table becomes a state.
    /// - Returns: nil: the table is empty, and was to stay so.
    /// - Throws: `foreign` where the table is another program's or has another key, `newer`, or `unavailable`.
    public init?(
        table: String, account: Account, source: any CredentialSource, http: HTTPClient,
        environment: [String: String], clock: AWSClock = AWSClock(), makes: Bool = true
    ) async throws(StoreError) {
        place = "dynamodb://\(table)?region=\(account.region)"
        let client = JSONClient(
            .dynamoDB, account: account, source: source, http: http, environment: environment, clock: clock)
        self.table = Table(name: table, region: account.region, endpoint: account.endpoint, client: client)
        guard try await self.table.check(makes: makes) else { return nil }
    }

    /// Nothing: DynamoDB keeps what it confirms in three places.
    public func concern() async -> String? { nil }

    /// None.
    public func epoch() async -> String? { nil }

    /// By AWS's clock, as far as its answers have shown it.
    public func time() async -> Int64? { now }

    /// By AWS's clock, in milliseconds since 1970.
    var now: Int64 { table.client.now.milliseconds }

    /// Overwritten and deleted contents are gone from the table at once; what backups and point-in-time recovery keep
    /// is not the store's affair.
    public func scrub() async {}
}
