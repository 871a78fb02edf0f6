internal import JSON

/// One change of one item within a transaction: attributes that are set and removed, and a condition.
struct ItemUpdate {
    /// DynamoDB's longest expression, in bytes.
    static let longestExpression = 4_096

    let key: Key
    /// Bytes that it writes, of names and values, about.
    private(set) var size: Int
    private var names: [String: JSONValue] = [:]
    private var values: [String: JSONValue] = [:]
    private var sets: [String] = []
    private var removals: [String] = []
    private var condition: String?

    init(_ key: Key) {
        self.key = key
        size = key.partition.utf8.count + key.sort.utf8.count
    }

    mutating func set(_ name: String, _ number: Int64) { set(name, Attribute.number(number), size: 20) }

    mutating func set(_ name: String, _ text: String) { set(name, Attribute.text(text), size: text.utf8.count) }

    mutating func set(_ name: String, _ bytes: [UInt8]) { set(name, Attribute.bytes(bytes), size: bytes.count) }

    private mutating func set(_ name: String, _ value: JSONValue, size: Int) {
        self.size += name.utf8.count + size
        sets.append("\(self.name(name))=\(self.value(value))")
    }

    mutating func remove(_ name: String) { removals.append(self.name(name)) }

    /// It must not be there.
    mutating func mustBeAbsent() { require("attribute_not_exists(\(name(Key.partitionName)))") }

    mutating func require(_ name: String, equals number: Int64) {
        require("\(self.name(name)) = \(value(Attribute.number(number)))")
    }

    mutating func require(_ name: String, isBelow number: Int64) {
        require("\(self.name(name)) < \(value(Attribute.number(number)))")
    }

    private mutating func require(_ clause: String) { condition = condition.map { "\($0) AND \(clause)" } ?? clause }

    private mutating func name(_ name: String) -> String {
        let word = "#\(names.count)"
        names[word] = .string(name)
        return word
    }

    private mutating func value(_ value: JSONValue) -> String {
        let word = ":\(values.count)"
        values[word] = value
        return word
    }

    /// What changes the attributes.
    var expression: String {
        [
            sets.isEmpty ? nil : "SET " + sets.joined(separator: ","),
            removals.isEmpty ? nil : "REMOVE " + removals.joined(separator: ","),
        ].compactMap { $0 }.joined(separator: " ")
    }

    /// As `TransactWriteItems` takes it. Where the condition fails, what is there comes back.
    func action(_ table: String) -> JSONValue {
        .object(["Update": .object(fields(table, ["UpdateExpression": .string(expression)]))])
    }

    /// The same, but the item is deleted.
    func deletion(_ table: String) -> JSONValue { .object(["Delete": .object(fields(table, [:]))]) }

    private func fields(_ table: String, _ more: [String: JSONValue]) -> [String: JSONValue] {
        var fields = more
        fields["TableName"] = .string(table)
        fields["Key"] = key.json
        fields["ExpressionAttributeNames"] = .object(names)
        if !values.isEmpty { fields["ExpressionAttributeValues"] = .object(values) }
        if let condition {
            fields["ConditionExpression"] = .string(condition)
            fields["ReturnValuesOnConditionCheckFailure"] = .string("ALL_OLD")
        }
        return fields
    }
}
