internal import AWS
internal import FoundationEssentials
internal import JSON
internal import StateStore

/// The calls of DynamoDB that the store makes, all on one table.
struct Table: Sendable {
    /// The version of the layout.
    static let layout: Int64 = 1
    /// Items of a transaction, and their bytes; bytes of one item. (DynamoDB's quotas.)
    static let limits = (items: 100, bytes: 4_000_000, item: 400 << 10)
    /// Pages of one query: a page has a megabyte or what was asked for.
    private static let pageLimit = 10_000
    /// A page of 1 MB, whose bytes are in base64, with room for JSON.
    private static let responseLimit = 4 << 20
    /// Deletions in one BatchWriteItem.
    private static let batch = 25

    let name: String
    let region: String
    let endpoint: String?
    let client: JSONClient

    /// A part of a partition, in order.
    struct Range {
        var partition: String
        /// Sort keys from this one to that one, both included.
        var sorts: ClosedRange<String>?
        /// Sort keys that begin so.
        var prefix: String?
        var isReversed = false
        /// Attributes that are wanted; nil: all.
        var attributes: [String]?
        /// Items that are read at once; nil: a megabyte.
        var pageSize: Int?
    }

    /// An item, by a consistent read; nil: there is none.
    func item(_ key: Key) async throws(StoreError) -> Item? {
        let reply = try await call("GetItem", ["Key": key.json, "ConsistentRead": .bool(true)])
        return Item(reply["Item"])
    }

    /// Reads items in order, by consistent reads.
    ///
    /// - Parameter body: takes one; false: it needs no more.
    func read(_ range: Range, _ body: (Item) throws(StoreError) -> Bool) async throws(StoreError) {
        var input = Self.input(range)
        for _ in 0..<Self.pageLimit {
            let reply = try await call("Query", input)
            for json in reply["Items"]?.array ?? [] {
                guard let item = Item(json) else { throw StoreError(.corrupt, "an item of \(name) is empty") }
                guard try body(item) else { return }
            }
            guard let next = reply["LastEvaluatedKey"], next.object?.isEmpty == false else { return }
            input["ExclusiveStartKey"] = next
        }
        throw StoreError(.unavailable, "\(name): a query did not end after \(Self.pageLimit) pages")
    }

    private static func input(_ range: Range) -> [String: JSONValue] {
        var names = ["#p": JSONValue.string(Key.partitionName)]
        var values = [":p": Attribute.text(range.partition)]
        var condition = "#p = :p"
        if let sorts = range.sorts {
            names["#s"] = .string(Key.sortName)
            values[":a"] = Attribute.text(sorts.lowerBound)
            values[":b"] = Attribute.text(sorts.upperBound)
            condition += " AND #s BETWEEN :a AND :b"
        } else if let prefix = range.prefix {
            names["#s"] = .string(Key.sortName)
            values[":a"] = Attribute.text(prefix)
            condition += " AND begins_with(#s, :a)"
        }
        var input: [String: JSONValue] = [
            "ConsistentRead": .bool(true), "ScanIndexForward": .bool(!range.isReversed),
        ]
        if let attributes = range.attributes {
            for (index, attribute) in attributes.enumerated() { names["#\(index)"] = .string(attribute) }
            input["ProjectionExpression"] = .string(attributes.indices.map { "#\($0)" }.joined(separator: ","))
        }
        if let size = range.pageSize { input["Limit"] = .integer(Int64(size)) }
        input["KeyConditionExpression"] = .string(condition)
        input["ExpressionAttributeNames"] = .object(names)
        input["ExpressionAttributeValues"] = .object(values)
        return input
    }

    /// Why an action of a transaction was not done.
    struct Reason {
        /// `None` for those that were not at fault.
        var code: String
        var message: String?
        /// What was there, where a condition failed.
        var item: Item?
    }

    /// One `TransactWriteItems`.
    ///
    /// - Parameter token: the same for a repetition of the same; DynamoDB does it once.
    /// - Returns: why it was cancelled, for each action; nil: it was done.
    /// - Throws: `lost` where no one knows.
    func transact(_ actions: [JSONValue], token: String) async throws(AWSError) -> [Reason]? {
        let input = JSONValue.object(["TransactItems": .array(actions), "ClientRequestToken": .string(token)])
        let reply = try await ask(
            "TransactWriteItems", input, answeredBy: ["TransactionCanceledException"],
            responseLimit: Self.responseLimit)
        guard let refusal = reply.refusal else { return nil }
        let reasons = (reply.document["CancellationReasons"]?.array ?? []).map { reason in
            Reason(
                code: reason["Code"]?.string ?? "", message: reason["Message"]?.string, item: Item(reason["Item"]))
        }
        guard reasons.count == actions.count else { throw refusal }
        return reasons
    }

    /// Deletes items, without a condition. What DynamoDB has no room for at the moment is left.
    func delete(_ keys: [Key]) async throws(StoreError) {
        for start in stride(from: 0, to: keys.count, by: Self.batch) {
            let requests = keys[start..<min(start + Self.batch, keys.count)].map { key in
                JSONValue.object(["DeleteRequest": .object(["Key": key.json])])
            }
            do throws(AWSError) {
                _ = try await ask(
                    "BatchWriteItem", .object(["RequestItems": .object([name: .array(requests)])]))
            } catch { throw explain(error) }
        }
    }

    /// Asks DynamoDB, to the end: a task that was cancelled, as that of a process which is to stop, still has to write down what it has
    /// done and to give its leases back. A request has a longest time of its own.
    private func ask(
        _ operation: String, _ input: JSONValue, answeredBy codes: Set<String> = [], responseLimit: Int = 1 << 20
    ) async throws(AWSError) -> JSONReply {
        let client = client
        let asking = Task { () async -> Result<JSONReply, AWSError> in
            do throws(AWSError) {
                return .success(
                    try await client.call(operation, input, answeredBy: codes, responseLimit: responseLimit))
            } catch { return .failure(error) }
        }
        return try await asking.value.get()
    }

    private func call(_ operation: String, _ input: [String: JSONValue]) async throws(StoreError) -> JSONValue {
        do throws(AWSError) {
            return try await ask(
                operation, .object(input.merging(["TableName": .string(name)]) { $1 }),
                responseLimit: Self.responseLimit
            ).document
        } catch { throw explain(error) }
    }

    /// What a call that changed nothing, or read, failed for.
    func explain(_ error: AWSError) -> StoreError {
        if error.awsCode == "ResourceNotFoundException" { return StoreError(.unavailable, missing) }
        let code: StoreError.Code =
            switch error.code {
            case .denied, .ownKey, .unknownKey: .denied
            case .unreachable, .lost: .unreachable
            case .limitExceeded, .noSuchEntity, .refused: .unavailable
            }
        return StoreError(code, error.description)
    }

    private var missing: String {
        """
        there is no table \(name) in \(region)\(endpoint.map { " at \($0)" } ?? ""). Make it: \
        aws dynamodb create-table --region \(region)\(endpoint.map { " --endpoint-url \($0)" } ?? "") --table-name \(name) \
        --billing-mode PAY_PER_REQUEST --deletion-protection-enabled \
        --attribute-definitions AttributeName=pk,AttributeType=S AttributeName=sk,AttributeType=S \
        --key-schema AttributeName=pk,KeyType=HASH AttributeName=sk,KeyType=RANGE
        """
    }
}

extension Table {
    /// Whether it is a state of keyturn that this one can read.
    ///
    /// - Parameter makes: whether an empty table is made one.
    /// - Returns: false: it is empty, and stays so.
    func check(makes: Bool) async throws(StoreError) -> Bool {
        let described = try await call("DescribeTable", [:])["Table"]
        if let status = described?["TableStatus"]?.string, ["CREATING", "DELETING", "ARCHIVED"].contains(status) {
            throw StoreError(.unavailable, "the table \(name) in \(region) cannot be used now: its status is \(status)")
        }
        guard Self.hasKey(described) else {
            throw StoreError(
                .foreign,
                "the table \(name) in \(region) has another primary key than a state of keyturn, which is pk and sk, both texts (S)"
            )
        }
        // Another process may mark it at the same moment.
        for _ in 0..<2 {
            if let mark = try await item(.layout) {
                guard mark.number("layout") == Self.layout else {
                    throw StoreError(
                        .newer,
                        "it has layout \(mark.number("layout") ?? 0), and this keyturn knows layout \(Self.layout)")
                }
                return true
            }
            guard makes else { return false }
            try await mark()
        }
        throw StoreError(.unavailable, "what was written to \(name) cannot be read")
    }

    private static func hasKey(_ table: JSONValue?) -> Bool {
        func pairs(_ list: String, _ second: String) -> [String: String] {
            let members = (table?[list]?.array ?? []).compactMap { member in
                member["AttributeName"]?.string.flatMap { name in member[second]?.string.map { (name, $0) } }
            }
            return Dictionary(members) { first, _ in first }
        }
        let types = pairs("AttributeDefinitions", "AttributeType")
        return pairs("KeySchema", "KeyType") == [Key.partitionName: "HASH", Key.sortName: "RANGE"]
            && types[Key.partitionName] == "S" && types[Key.sortName] == "S"
    }

    /// Says that the table is a state of keyturn, where nothing is in it.
    private func mark() async throws(StoreError) {
        let found = try await call("Scan", ["Limit": .integer(1), "ConsistentRead": .bool(true)])
        let items = (found["Items"]?.array ?? []).compactMap(Item.init)
        if let item = items.first {
            // Marked meanwhile.
            if item.text(Key.partitionName) == Key.layout.partition { return }
            guard try await self.item(.layout) == nil else { return }
            throw StoreError(.foreign, "the table \(name) in \(region) holds items of another program")
        }
        var update = ItemUpdate(.layout)
        update.set("layout", Self.layout)
        update.mustBeAbsent()
        do throws(AWSError) { _ = try await transact([update.action(name)], token: UUID().uuidString) } catch {
            throw explain(error)
        }
    }
}
