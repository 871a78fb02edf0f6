internal import CKeyturnPusher

/// Runner to host, in a `find` or `below` call: a place that may hold a key.
public struct WirePlace: Message {
    /// The most of them in one call.
    public static let most = Int(KT_MAX_PLACES)

    /// As people see it.
    public var place: String
    /// The fields of a target that would be this place, as JSON; empty: no target can be it.
    public var fields: String
    /// The key ID that is there; empty: not readable.
    public var keyID: String
    /// When it was written, as RFC 3339; empty: not known.
    public var changedAt: String
    /// The names of its variables, as a JSON list; empty: not given.
    public var names = ""
    /// Who reads it.
    public var audience = ""
    /// Why no job uses it; empty: in use.
    public var state = ""
    /// Which place wins; 0: not known.
    public var level: Int32 = 0

    /// A place.
    public init(place: String, fields: String, keyID: String, changedAt: String) {
        self.place = place
        self.fields = fields
        self.keyID = keyID
        self.changedAt = changedAt
    }

    /// Reads the fields.
    public init(payload: [UInt8]) throws(ProtocolError) {
        var reader = FieldReader(payload)
        place = try reader.text()
        fields = try reader.text()
        keyID = try reader.text()
        changedAt = try reader.text()
        names = try reader.text()
        audience = try reader.text()
        state = try reader.text()
        level = Int32(truncatingIfNeeded: try reader.number())
        try reader.end()
    }

    /// The fields.
    public var payload: [UInt8] {
        var writer = FieldWriter()
        for text in [place, fields, keyID, changedAt, names, audience, state] { writer.write(text) }
        writer.write(Int64(level))
        return writer.bytes
    }
}
