internal import CKeyturnPusher
internal import JSON

/// What the scripted world answers to one request.
struct Answer: Sendable {
    var error = KT_HTTP_OK
    var status: UInt32 = 0
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
    var errorText = ""
    /// The answer comes when the call is cancelled or out of time, as that error.
    var waitsForEnd = false

    static let nothing = Answer(error: KT_HTTP_REFUSED, errorText: "the request is malformed, so it is not sent")

    /// Whether the service said yes.
    var isYes: Bool { error == KT_HTTP_OK && (200..<300).contains(status) }

    static func json(_ status: Int, _ body: JSONValue?, _ headers: [(name: String, value: String)] = []) -> Answer {
        Answer(
            status: UInt32(status), headers: [("content-type", "application/json")] + headers,
            body: body.map { Array($0.text.utf8) } ?? [])
    }
}
