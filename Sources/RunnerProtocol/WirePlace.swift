internal import CKeyturnPusher

/// Runner to host, in a `find` call: a place around the target.
public struct WirePlace: Message {
    /// The most of them in one call.
    public static let most = Int(KT_MAX_PLACES)

    /// As people see it.
    public var place: String
    /// The fields of a target that would be this place, as JSON.
    public var fields: String
    /// The key ID that is there; empty: not readable.
    public var keyID: String
    /// When it was written, as RFC 3339; empty: not known.
    public var changedAt: String

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
        try reader.end()
    }

    /// The fields.
    public var payload: [UInt8] {
        var writer = FieldWriter()
        for text in [place, fields, keyID, changedAt] { writer.write(text) }
        return writer.bytes
    }
}
