import CKeyturnPusher

/// A place that may hold a key next to a target: another scope, branch or level, or the other shape.
public struct Neighbour: Sendable {
    /// As people see it, without the pusher's name: "acme/app (scope staging)".
    public let place: String
    /// The fields of a target that would be this place, defaults included.
    public let fields: [(name: String, value: String)]
    /// The access key ID that is there, or nil where it cannot be read.
    public let keyID: String?
    /// When it was last written, as RFC 3339, or nil where the service does not say.
    public let changedAt: String?

    /// Makes a neighbour.
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
        var body = JSONBody()
        for (name, value) in fields { body.set(name, value) }
        let json = body.bytes()
        let texts = [place, keyID ?? "", changedAt ?? ""].map { SecretBytes(redaction.clean($0)) }
        withExtendedLifetime((json, texts)) {
            var raw = kt_found_place()
            raw.size = size(of: kt_found_place.self)
            raw.place = texts[0].borrowedString
            raw.fields = json.borrowedString
            raw.key_id = texts[1].borrowedString
            raw.changed_at = texts[2].borrowedString
            found(call, &raw)
        }
    }
}
