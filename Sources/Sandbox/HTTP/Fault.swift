import FoundationEssentials
import JSON

/// Something that shall go wrong, and how often.
struct Fault: Sendable {
    var id = 0
    let service: Service
    let method: String?
    /// A regular expression that is looked for in the raw path; for AWS, in the name of the action.
    let pattern: String?
    let status: Int?
    /// How many more requests it strikes; nil until it is cleared.
    var remaining: Int?
    let retryAfterSeconds: Int?
    let delayMilliseconds: Int
    let body: String?
    /// Headers that are added to the reply, e.g. `x-ratelimit-reset`.
    let headers: [String: String]
    /// The connection ends without a reply.
    let closes: Bool
    /// The work is done first: the client loses the reply, not the effect.
    let isAfterEffect: Bool
    /// A reply that no client can read.
    let isGarbage: Bool

    func strikes(_ service: Service, method: String, subject: String) -> Bool {
        guard service == self.service, self.method == nil || self.method == method else { return false }
        guard let pattern else { return true }
        // It was compiled when the fault was made: one that does not compile is none.
        guard let expression = try? Regex(pattern).matchingSemantics(.unicodeScalar) else { return false }
        return subject.contains(expression)
    }

    /// Whether it replaces the reply; one that only delays does not.
    var replacesReply: Bool { status != nil || closes || isGarbage }
}

extension Fault {
    /// Why a fault cannot be made from what was sent.
    struct Invalid: Error { let reason: String }

    private static let fields: Set<String> = [
        "service", "method", "path", "status", "times", "retryAfter", "delayMilliseconds", "body", "close",
        "afterEffect", "garbage", "headers",
    ]

    init(_ json: JSONValue) throws(Invalid) {
        guard let object = json.object else { throw Invalid(reason: "the body must be a JSON object") }
        if let stranger = object.keys.first(where: { !Self.fields.contains($0) }) {
            throw Invalid(reason: "there is no field \(stranger)")
        }
        guard let name = object["service"]?.string, let service = Service(rawValue: name) else {
            throw Invalid(reason: "service must be one of aws, travis, gitlab, github")
        }
        if let pattern = object["path"]?.string, (try? Regex(pattern)) == nil {
            throw Invalid(reason: "path is not a regular expression")
        }
        let times = object["times"]?.int ?? 1
        guard times >= 0 else { throw Invalid(reason: "times must not be negative") }
        if let status = object["status"]?.int, !(200...599).contains(status) {
            throw Invalid(reason: "status must be between 200 and 599")
        }
        self.init(
            service: service, method: object["method"]?.string?.uppercased(), pattern: object["path"]?.string,
            status: object["status"]?.int, remaining: times == 0 ? nil : times,
            retryAfterSeconds: object["retryAfter"]?.int,
            delayMilliseconds: max(0, object["delayMilliseconds"]?.int ?? 0), body: object["body"]?.string,
            headers: (object["headers"]?.object ?? [:]).compactMapValues(\.formText),
            closes: object["close"]?.bool ?? false, isAfterEffect: object["afterEffect"]?.bool ?? false,
            isGarbage: object["garbage"]?.bool ?? false)
    }
}
