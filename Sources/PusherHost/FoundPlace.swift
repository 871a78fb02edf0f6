internal import CKeyturnPusher
internal import JSON
internal import PlainText
public import Rotation
internal import RunnerProtocol
internal import Secrets

/// A place that may hold a key, as a pusher reported it and as it may be shown.
public struct FoundPlace: Hashable, Sendable {
    /// As people see it, without the pusher's name.
    public var place: String
    /// The fields of a target that would be this place; empty: no target can be it.
    public var fields: [String: String]
    /// The key ID that is there; nil: not readable.
    public var keyID: String?
    /// When it was last written, as the service says.
    public var changedAt: String?
    /// The names of its variables.
    public var names: [String] = []
    /// Who reads it, where a service keeps several kinds apart.
    public var audience = ""
    /// Why no job uses it; empty: in use.
    public var state = ""
    /// Of variables with one name and audience, those with the higher level win; 0: not known.
    public var level = 0

    /// A place.
    public init(place: String, fields: [String: String], keyID: String?, changedAt: String? = nil) {
        self.place = place
        self.fields = fields
        self.keyID = keyID
        self.changedAt = changedAt
    }

    /// What a runner reported, as it may be shown.
    init(_ told: WirePlace, _ redactor: Redactor) {
        place = CallReport.oneLine(told.place, redactor, limit: PusherLimits.place)
        fields = Self.fields(told.fields, redactor)
        keyID = told.keyID.isEmpty ? nil : CallReport.oneLine(told.keyID, redactor, limit: PusherLimits.keyID)
        changedAt =
            told.changedAt.isEmpty ? nil : CallReport.oneLine(told.changedAt, redactor, limit: PusherLimits.time)
        names = ((try? JSONValue(parsing: told.names))?.strings ?? []).prefix(PusherLimits.names).map {
            CallReport.oneLine($0, redactor, limit: PusherLimits.place)
        }
        audience = CallReport.oneLine(told.audience, redactor, limit: PusherLimits.place)
        state = CallReport.oneLine(told.state, redactor, limit: PusherLimits.place)
        level = Int(told.level)
    }

    /// Fields become parts of the configuration: what could not be shown as it is, or holds a secret, makes them of no use.
    private static func fields(_ text: String, _ redactor: Redactor) -> [String: String] {
        let fields = ((try? JSONValue(parsing: text))?.object ?? [:]).compactMapValues(\.string)
        let areFine = fields.allSatisfy { name, value in
            [name, value].allSatisfy { CallReport.oneLine($0, redactor, limit: PusherLimits.fields) == $0 }
        }
        return areFine ? fields : [:]
    }
}

/// A scope below another one.
public struct FoundScope: Hashable, Sendable {
    /// As people see it.
    public var name: String
    /// What the plugin wants to know again, as JSON. For the plugin alone: it is not shown.
    public var fields: String

    /// A scope.
    public init(name: String, fields: String = "") { (self.name, self.fields) = (name, fields) }

    init(_ told: WireScope, _ redactor: Redactor) {
        self.init(name: CallReport.oneLine(told.name, redactor, limit: PusherLimits.place), fields: told.fields)
    }
}

/// A part of a scope that was not seen.
public struct FoundGap: Hashable, Sendable {
    /// Why, in the words of outcomes.
    public var outcome: PushResult.Outcome
    /// What was not seen.
    public var part: String
    /// What the service said.
    public var message: String

    /// A part that was not seen.
    public init(_ outcome: PushResult.Outcome, part: String, message: String) {
        (self.outcome, self.part, self.message) = (outcome, part, message)
    }

    init(_ told: WireGap, _ redactor: Redactor) {
        let outcome = CallReport.outcome(told.outcome)
        self.init(
            outcome == .ok || outcome == .unchanged ? .unknown : outcome,
            part: CallReport.oneLine(told.part, redactor, limit: PusherLimits.place),
            message: CallReport.oneLine(told.message, redactor))
    }
}
