import CKeyturnPusher
import FoundationEssentials
import Glibc

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
struct Recorded: Sendable, Encodable {
    let method: String
    let url: String
    let headers: [String: String]
    let body: String

    var line: String { "\(method) \(url)" }

    /// Adds it to a file, as one line of JSON.
    func append(to file: String) {
        guard let data = try? JSONEncoder().encode(self), let output = fopen(file, "a") else { return }
        // One write in append mode: lines of several tests do not mix.
        let line = [UInt8](data) + [UInt8(ascii: "\n")]
        setvbuf(output, nil, _IOFBF, line.count + 1)
        fwrite(line, 1, line.count, output)
        fclose(output)
    }
}
