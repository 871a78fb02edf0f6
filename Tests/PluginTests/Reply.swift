import CKeyturnPusher

/// What the scripted host answers to one request.
struct Reply: Sendable {
    var error = KT_HTTP_OK
    var status: UInt32 = 0
    var headers: [String: String] = [:]
    var body = ""
    var errorText = ""

    /// A response.
    static func status(_ status: UInt32, _ body: String = "", _ headers: [String: String] = [:]) -> Reply {
        Reply(status: status, headers: headers, body: body)
    }

    /// No response.
    static func error(_ error: kt_http_error, _ text: String = "") -> Reply {
        Reply(error: error, errorText: text)
    }
}

/// A request as the host saw it.
struct Recorded: Sendable {
    let method: String
    let url: String
    let headers: [String: String]
    let body: String

    var line: String { "\(method) \(url)" }
}
