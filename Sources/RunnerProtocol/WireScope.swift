internal import CKeyturnPusher

/// Runner to host, in a `below` call: a scope below the one that was asked about.
public struct WireScope: Message {
    /// The most of them in one call.
    public static let most = Int(KT_MAX_SCOPES)

    /// As people see it.
    public var name: String
    /// What the plugin wants to know again, as JSON; empty: nothing.
    public var fields: String

    /// A scope.
    public init(name: String, fields: String) { (self.name, self.fields) = (name, fields) }

    /// Reads the fields.
    public init(payload: [UInt8]) throws(ProtocolError) {
        var reader = FieldReader(payload)
        name = try reader.text()
        fields = try reader.text()
        try reader.end()
    }

    /// The fields.
    public var payload: [UInt8] {
        var writer = FieldWriter()
        for text in [name, fields] { writer.write(text) }
        return writer.bytes
    }
}

/// Runner to host, in a `below` call: a part of the scope that was not seen.
public struct WireGap: Message {
    /// The most of them in one call.
    public static let most = Int(KT_MAX_GAPS)

    /// `kt_outcome`.
    public var outcome: Int32
    /// What was not seen.
    public var part: String
    /// Why.
    public var message: String

    /// A part that was not seen.
    public init(outcome: Int32, part: String, message: String) {
        (self.outcome, self.part, self.message) = (outcome, part, message)
    }

    /// Reads the fields.
    public init(payload: [UInt8]) throws(ProtocolError) {
        var reader = FieldReader(payload)
        outcome = Int32(truncatingIfNeeded: try reader.number())
        part = try reader.text()
        message = try reader.text()
        try reader.end()
    }

    /// The fields.
    public var payload: [UInt8] {
        var writer = FieldWriter()
        writer.write(Int64(outcome))
        for text in [part, message] { writer.write(text) }
        return writer.bytes
    }
}
