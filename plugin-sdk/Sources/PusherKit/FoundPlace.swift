import CKeyturnPusher

/// A place that may hold a key: next to a target (another scope, branch or level, or the other shape), or in a scope.
public struct FoundPlace: Sendable {
    /// As people see it, without the pusher's name: "acme/app (scope staging)".
    public let place: String
    /// The fields of a target that would be this place, defaults included; empty where no target can be it.
    public let fields: [(name: String, value: String)]
    /// The access key ID that is there, or nil where it cannot be read.
    public let keyID: String?
    /// When it was last written, as RFC 3339, or nil where the service does not say.
    public let changedAt: String?
    /// The names of its variables.
    public var names: [String] = []
    /// Who reads it, where a service keeps several kinds apart.
    public var audience = ""
    /// Why no job uses it, or why it cannot be written: "archived"; empty: in use.
    public var state = ""
    /// Of variables with one name and audience, those with the higher level win. 0: not known.
    public var level: Int32 = 0

    /// Makes a place.
    public init(_ place: String, _ fields: [(name: String, value: String)], keyID: String?, changedAt: String? = nil) {
        self.place = place
        self.fields = fields
        self.keyID = keyID
        self.changedAt = changedAt
    }

    typealias Found = @convention(c) (UnsafePointer<kt_call>?, UnsafePointer<kt_found_place>?) -> Void

    /// More of them than that are not reported: the ABI's bound.
    static let most = Int(KT_MAX_PLACES)

    /// Reports it to the host, which copies.
    func report(to call: UnsafePointer<kt_call>, _ found: Found, _ redaction: Redaction) {
        let json = fields.isEmpty ? SecretBytes("") : objectText(fields)
        let list = names.isEmpty ? SecretBytes("") : listText(names)
        let texts = [place, keyID ?? "", changedAt ?? "", audience, state].map { SecretBytes(redaction.clean($0)) }
        withExtendedLifetime((json, list, texts)) {
            var raw = kt_found_place()
            raw.size = size(of: kt_found_place.self)
            raw.place = texts[0].borrowedString
            raw.fields = json.borrowedString
            raw.key_id = texts[1].borrowedString
            raw.changed_at = texts[2].borrowedString
            raw.names = list.borrowedString
            raw.audience = texts[3].borrowedString
            raw.state = texts[4].borrowedString
            raw.level = level
            found(call, &raw)
        }
    }
}

/// A JSON object of texts.
func objectText(_ fields: [(name: String, value: String)]) -> SecretBytes {
    var body = JSONBody()
    for (name, value) in fields { body.set(name, value) }
    return body.bytes()
}

/// A JSON list of texts.
private func listText(_ texts: [String]) -> SecretBytes {
    var builder = SecretBuilder()
    builder.append("[")
    for (index, text) in texts.enumerated() {
        if index > 0 { builder.append(",") }
        appendJSONString(text.utf8, to: &builder)
    }
    builder.append("]")
    return builder.bytes()
}
