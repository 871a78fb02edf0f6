internal import JSON
internal import RunnerProtocol
internal import Secrets

/// A place around a target that may hold a key.
public struct FoundPlace: Hashable, Sendable {
    /// As people see it, without the pusher's name.
    public var place: String
    /// The fields of a target that would be this place.
    public var fields: [String: String]
    /// The key ID that is there; nil: not readable.
    public var keyID: String?
    /// When it was last written, as the service says.
    public var changedAt: String?

    /// A place.
    public init(place: String, fields: [String: String], keyID: String?, changedAt: String? = nil) {
        self.place = place
        self.fields = fields
        self.keyID = keyID
        self.changedAt = changedAt
    }

    /// What a runner told, as it may be shown.
    init(_ told: WirePlace, _ redactor: Redactor) {
        place = CallReport.oneLine(told.place, redactor, limit: PusherLimits.place)
        fields = ((try? JSONValue(parsing: told.fields))?.object ?? [:]).compactMapValues(\.string)
        keyID = told.keyID.isEmpty ? nil : CallReport.oneLine(told.keyID, redactor, limit: PusherLimits.keyID)
        changedAt =
            told.changedAt.isEmpty ? nil : CallReport.oneLine(told.changedAt, redactor, limit: PusherLimits.time)
    }
}
