import PusherKit

/// What a receiver's answers mean: a row for each kind, the first that fits decides.
struct Answers {
    let target: Target

    func failure(_ response: HTTPResponse) -> PushFailure {
        let text = response.json(VendorError.self)?.message ?? response.plainText
        return Answer(response, text: text).failure(about: target.subject, Self.rows)
    }

    private static let rows =
        [AnswerRow(.fails(.notFound), 410...410, "the receiver has given this path up: check path")]
        + AnswerRow.common("the receiver", endpoint: "check endpoint and path", advice: advice)

    private static let advice = Advice(
        unauthorized: "the receiver refuses the signature: give it the same secret as token, and check both clocks",
        notFound: "check path, and endpoint",
        conflict: "the receiver says that a person must settle something there; then run keyturn retry",
        invalid: "the receiver refuses what was sent: its log says why")
}

/// What a receiver says that it holds.
struct Held: JSONReadable {
    let keyID: String

    init(json fields: JSONValue) throws(JSONMismatch) { keyID = try fields.value("key-id") }
}

/// A receiver's error body, where it has one.
struct VendorError: JSONReadable {
    let message: String

    init(json fields: JSONValue) throws(JSONMismatch) {
        let texts: [String?] = [try? fields.value("message"), try? fields.value("error")]
        guard let first = texts.compactMap({ $0 }).first else { throw fields.wrong("message", "is missing") }
        message = first
    }
}
