extension KeyedEncodingContainer {
    /// In place of the standard library's, in the `encode(to:)` that the compiler writes for the types of this module: a field
    /// without a value costs a comparison. Most fields of a delivery have none, and each step of a rotation writes one.
    @inline(__always)
    mutating func encodeIfPresent<Value: Encodable>(_ value: Value?, forKey key: Key) throws {
        if let value { try encode(value, forKey: key) }
    }
}
