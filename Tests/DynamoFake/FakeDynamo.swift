import Foundation
import JSON
import Synchronization

/// What the store needs of DynamoDB, and what moto lacks of it: tokens, limits, throttling, conflicts and answers that
/// get lost.
final class FakeDynamo: Sendable {
    typealias Attributes = [String: JSONValue]

    /// What becomes of a request.
    enum Fault: Sendable {
        /// It is refused with that code and status, and without effect.
        case refuse(String, status: Int = 400)
        /// A transaction is cancelled for that reason, all its actions.
        case cancel(String)
        /// It has no effect, and the connection ends.
        case loseBefore
        /// It has its effect, and the connection ends.
        case loseAfter
        /// It has its effect, and 500 is answered.
        case failAfter
        /// Something is done first.
        case after(@Sendable (inout State) -> Void)
    }

    struct State {
        /// By partition and sort key.
        var items: [String: [String: Attributes]] = [:]
        var tokens: [String: String] = [:]
        var faults: [(operation: String, fault: Fault)] = []
        /// Operation and body, in the order of their coming.
        var requests: [(operation: String, body: String)] = []
        var (readUnits, writeUnits) = (0, 0)
        var rememberTokens = true
        var remembersRequests = true
        var table: JSONValue? = FakeDynamo.table("pk", "sk")
        /// How far its clock is ahead of this machine's, in seconds.
        var lead = 0.0
    }

    struct Refusal: Error {
        var code: String
        var message = "because"
        var status = 400
        var more: [String: JSONValue] = [:]
    }

    struct Lost: Error {}

    let state = Mutex(State())

    static func table(_ hash: String, _ range: String) -> JSONValue {
        func key(_ name: String, _ field: String, _ value: String) -> JSONValue {
            .object(["AttributeName": .string(name), field: .string(value)])
        }
        return .object([
            "TableStatus": .string("ACTIVE"),
            "KeySchema": .array([key(hash, "KeyType", "HASH"), key(range, "KeyType", "RANGE")]),
            "AttributeDefinitions": .array([hash, range].map { key($0, "AttributeType", "S") }),
        ])
    }

    func fail(_ operation: String, _ faults: Fault...) {
        state.withLock { $0.faults += faults.map { (operation, $0) } }
    }

    func count(_ operation: String) -> Int { state.withLock { $0.requests.filter { $0.operation == operation }.count } }

    /// Units that something reads and writes.
    func units(_ body: () async throws -> Void) async rethrows -> (read: Int, write: Int) {
        state.withLock { ($0.readUnits, $0.writeUnits) = (0, 0) }
        try await body()
        return state.withLock { ($0.readUnits, $0.writeUnits) }
    }

    /// Answers one request, after the fault that is due.
    ///
    /// - Throws: ``Refusal``, or ``Lost`` where the connection is to end.
    func answer(_ operation: String, _ body: String) throws -> JSONValue {
        try state.withLock { state in
            if state.remembersRequests { state.requests.append((operation, body)) }
            let input = try JSONValue(parsing: body)
            let index = state.faults.firstIndex { $0.operation == operation || $0.operation == "*" }
            switch index.map({ state.faults.remove(at: $0).fault }) {
            case nil: break
            case .refuse(let code, let status): throw Refusal(code: code, status: status)
            case .cancel(let reason):
                let count = input["TransactItems"]?.array?.count ?? 0
                throw Self.cancelled([JSONValue](repeating: .object(["Code": .string(reason)]), count: count))
            case .loseBefore: throw Lost()
            case .loseAfter:
                _ = try Self.perform(operation, input, &state)
                throw Lost()
            case .failAfter:
                _ = try Self.perform(operation, input, &state)
                throw Refusal(code: "InternalServerError", status: 500)
            case .after(let change): change(&state)
            }
            return try Self.perform(operation, input, &state)
        }
    }

    private static func perform(_ operation: String, _ input: JSONValue, _ state: inout State) throws -> JSONValue {
        guard let table = state.table else { throw Refusal(code: "ResourceNotFoundException") }
        switch operation {
        case "DescribeTable": return .object(["Table": table])
        case "GetItem":
            let (partition, sort) = try key(input["Key"])
            let item = state.items[partition]?[sort]
            state.readUnits += units(item.map(size) ?? 0, 4_096)
            return .object(item.map { ["Item": .object($0)] } ?? [:])
        case "Query": return try query(input, &state)
        case "Scan":
            let items = state.items.values.flatMap(\.values).prefix(1)
            return .object(["Items": .array(items.map { .object($0) })])
        case "TransactWriteItems": return try transact(input, &state)
        case "BatchWriteItem":
            for request in input["RequestItems"]?.object?.values.first?.array ?? [] {
                let (partition, sort) = try key(request["DeleteRequest"]?["Key"])
                state.writeUnits += units(state.items[partition]?[sort].map(size) ?? 0, 1_024)
                state.items[partition]?[sort] = nil
            }
            return .object(["UnprocessedItems": .object([:])])
        default: throw Refusal(code: "UnknownOperationException", message: operation)
        }
    }

    // MARK: Transactions

    static func cancelled(_ reasons: [JSONValue]) -> Refusal {
        Refusal(
            code: "TransactionCanceledException", message: "Transaction cancelled",
            more: ["CancellationReasons": .array(reasons)])
    }

    private static func transact(_ input: JSONValue, _ state: inout State) throws -> JSONValue {
        let actions = input["TransactItems"]?.array ?? []
        let token = input["ClientRequestToken"]?.string ?? ""
        guard (1...36).contains(token.utf8.count), (1...100).contains(actions.count) else {
            throw Refusal(code: "ValidationException", message: "1 to 100 actions, a token of up to 36 characters")
        }
        if state.rememberTokens, let before = state.tokens[token] {
            guard before == input.text else { throw Refusal(code: "IdempotentParameterMismatchException") }
            return .object([:])
        }
        var (items, bytes, written) = (state.items, 0, 0)
        var reasons: [JSONValue] = []
        for action in actions {
            guard let (kind, fields) = action.object?.first else { throw Refusal(code: "ValidationException") }
            let (partition, sort) = try key(fields["Key"])
            let old = state.items[partition]?[sort]
            guard try holds(fields, old) else {
                var reason: [String: JSONValue] = ["Code": .string("ConditionalCheckFailed")]
                if let old { reason["Item"] = .object(old) }
                reasons.append(.object(reason))
                continue
            }
            let new = kind == "Delete" ? nil : try updated(old, fields)
            let sizes = [old, new].map { $0.map(size) ?? 0 }
            if sizes[1] > 400 << 10 {
                reasons.append(.object(["Code": .string("ValidationError"), "Message": .string("Item size")]))
                continue
            }
            bytes += sizes[1]
            written += 2 * units(sizes.max() ?? 0, 1_024)
            items[partition, default: [:]][sort] = new
            reasons.append(.object(["Code": .string("None")]))
        }
        guard bytes <= 4 << 20 else { throw Refusal(code: "ValidationException", message: "4 MB") }
        guard reasons.allSatisfy({ $0["Code"]?.string == "None" }) else { throw cancelled(reasons) }
        state.items = items
        state.writeUnits += written
        state.tokens[token] = input.text
        return .object([:])
    }

    private static func holds(_ fields: JSONValue, _ item: Attributes?) throws -> Bool {
        guard let condition = fields["ConditionExpression"]?.string else { return true }
        for clause in condition.components(separatedBy: " AND ") {
            if clause.hasPrefix("attribute_not_exists(") {
                if item?[try name(String(clause.dropFirst(21).dropLast()), fields)] != nil { return false }
                continue
            }
            let words = clause.split(separator: " ").map(String.init)
            guard words.count == 3 else { throw Refusal(code: "ValidationException", message: clause) }
            let left = number(item?[try name(words[0], fields)])
            let right = number(fields["ExpressionAttributeValues"]?[words[2]])
            guard let left, let right, words[1] == "=" ? left == right : left < right else { return false }
        }
        return true
    }

    private static func updated(_ old: Attributes?, _ fields: JSONValue) throws -> Attributes {
        var item = old ?? fields["Key"]?.object ?? [:]
        let expression = fields["UpdateExpression"]?.string ?? ""
        guard expression.utf8.count <= 4_096 else { throw Refusal(code: "ValidationException", message: "expression") }
        let words = expression.split(separator: " ").map(String.init)
        for (verb, list) in zip(words, words.dropFirst()) where verb == "SET" || verb == "REMOVE" {
            for entry in list.split(separator: ",") {
                let sides = entry.split(separator: "=").map(String.init)
                item[try name(sides[0], fields)] =
                    sides.count == 2 ? fields["ExpressionAttributeValues"]?[sides[1]] : nil
            }
        }
        return item
    }

    private static func name(_ word: String, _ fields: JSONValue) throws -> String {
        guard let name = fields["ExpressionAttributeNames"]?[word]?.string else {
            throw Refusal(code: "ValidationException", message: word)
        }
        return name
    }

    private static func number(_ value: JSONValue?) -> Int64? { value?["N"]?.string.flatMap { Int64($0) } }

    private static func key(_ key: JSONValue?) throws -> (String, String) {
        guard let partition = key?["pk"]?["S"]?.string, let sort = key?["sk"]?["S"]?.string,
            (1...2_048).contains(partition.utf8.count), (1...1_024).contains(sort.utf8.count)
        else { throw Refusal(code: "ValidationException", message: "key") }
        return (partition, sort)
    }

    // MARK: Reading

    private static func query(_ input: JSONValue, _ state: inout State) throws -> JSONValue {
        func value(_ name: String) -> String? { input["ExpressionAttributeValues"]?[name]?["S"]?.string }
        func isLess(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }
        let condition = input["KeyConditionExpression"]?.string ?? ""
        let partition = state.items[value(":p") ?? ""] ?? [:]
        var sorts = partition.keys.sorted(by: isLess)
        if condition.contains("BETWEEN"), let from = value(":a"), let to = value(":b") {
            guard !isLess(to, from) else { throw Refusal(code: "ValidationException", message: "BETWEEN") }
            sorts = sorts.filter { !isLess($0, from) && !isLess(to, $0) }
        } else if condition.contains("begins_with"), let prefix = value(":a") {
            sorts = sorts.filter { $0.utf8.starts(with: prefix.utf8) }
        }
        if input["ScanIndexForward"]?.bool == false { sorts.reverse() }
        if let last = input["ExclusiveStartKey"]?["sk"]?["S"]?.string, let index = sorts.firstIndex(of: last) {
            sorts.removeFirst(index + 1)
        }
        var (found, bytes, isCut) = ([JSONValue](), 0, false)
        let limit = input["Limit"]?.integer.map(Int.init) ?? .max
        for (index, sort) in sorts.enumerated() {
            guard let item = partition[sort] else { continue }
            bytes += size(item)
            found.append(.object(try projected(item, input)))
            isCut = (bytes >= 1 << 20 || found.count >= limit) && index < sorts.count - 1
            guard !isCut, found.count < limit else { break }
        }
        state.readUnits += units(bytes, 4_096)
        var reply: [String: JSONValue] = ["Items": .array(found)]
        if isCut, let last = sorts.dropFirst(found.count - 1).first {
            reply["LastEvaluatedKey"] = .object([
                "pk": .object(["S": .string(value(":p") ?? "")]), "sk": .object(["S": .string(last)]),
            ])
        }
        return .object(reply)
    }

    private static func projected(_ item: Attributes, _ input: JSONValue) throws -> Attributes {
        guard let projection = input["ProjectionExpression"]?.string else { return item }
        let names = try projection.split(separator: ",").map { try name(String($0), input) }
        return item.filter { names.contains($0.key) }
    }

    // MARK: Sizes

    private static func units(_ bytes: Int, _ unit: Int) -> Int { max(1, (bytes + unit - 1) / unit) }

    private static func size(_ item: Attributes) -> Int {
        item.reduce(0) { sum, attribute in
            let value = attribute.value
            let size =
                value["S"]?.string?.utf8.count ?? value["N"]?.string.map { ($0.utf8.count + 1) / 2 + 1 }
                ?? (value["B"]?.string?.utf8.count ?? 0) * 3 / 4
            return sum + attribute.key.utf8.count + size
        }
    }
}
