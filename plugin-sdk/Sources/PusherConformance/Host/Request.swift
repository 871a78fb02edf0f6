internal import CKeyturnPusher

/// One request that the plugin asked for, copied, and what is wrong with it.
struct Request: Sendable {
    var method: String
    var url: String
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
    /// The operation of one of `kt.aws/1`: `ssm:PutParameter`; nil: it is of `kt.http/1`.
    private(set) var operation: String?
    /// Against the rules of its service.
    var faults: [String] = []
    /// What the scripted world answered.
    var answer = Answer.nothing
    /// Whether the answer was the fault under test, not the service's own.
    var isFaulted = false
    /// Whether the fixture says that it asks and changes nothing, as a question about permissions that is a POST.
    var isQuestion = false

    /// Whether keyturn would refuse it for what a target says, which is not a fault of the pusher's.
    var isRefused = false

    private static let bodyLimit = UInt64(KT_MAX_REQUEST_BODY)
    private static let headerLimit = UInt64(KT_MAX_HEADERS)
    private static let headerByteLimit = Int(KT_MAX_HEADER_BYTES)
    /// As keyturn refuses them: framing, connections, and what overrides the method.
    private static let reserved: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade", "expect",
        "http2-settings", "x-http-method-override", "x-http-method", "x-method-override", "x-original-method",
        "x-original-url", "x-rewrite-url", "forwarded",
    ]

    init(_ raw: UnsafePointer<kt_http_request>?) {
        guard let wanted = received(raw, atLeast: KT_MIN_SIZE_HTTP_REQUEST, kt_http_request()) else {
            (method, url) = ("", "")
            faults = ["kt_http_request.size is below \(KT_MIN_SIZE_HTTP_REQUEST): set it to sizeof"]
            return
        }
        method = text(wanted.method, limit: 64)
        url = text(wanted.url, limit: 2 * Int(KT_MAX_URL))
        if wanted.header_count > Self.headerLimit {
            faults.append("\(wanted.header_count) header fields; \(Self.headerLimit) is the most")
        }
        if let fields = wanted.headers {
            for index in 0..<Int(min(wanted.header_count, Self.headerLimit)) {
                headers.append((text(fields[index].name, limit: 1_024), text(fields[index].value, limit: 16_384)))
            }
        } else if wanted.header_count > 0 {
            faults.append("header_count is \(wanted.header_count) and headers is NULL")
        }
        if wanted.body.length > Self.bodyLimit {
            faults.append("a body of \(wanted.body.length) bytes; \(Self.bodyLimit) is the most")
        }
        if let data = wanted.body.data {
            body = Array(UnsafeBufferPointer(start: data, count: Int(min(wanted.body.length, Self.bodyLimit))))
        }
        faults += formFaults()
    }

    /// A request to AWS, by what names it.
    init(operation: String, region: String) {
        self.operation = operation
        method = AWSNames.isReading(operation) ? "GET" : "PUT"
        url = "aws://\(region)/\(operation)"
    }

    /// A long name of a place makes a long URL: that is refused as in use, and no fault of the pusher's.
    var isTooLong: Bool { url.utf8.count > KT_MAX_URL }

    var isWrite: Bool { method != "GET" && method != "HEAD" && !isQuestion }

    /// The host as it is in the URL, without user and port, in lower case.
    var host: String {
        guard let authority else { return "" }
        let place = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        guard !place.hasPrefix("[") else { return String(place.prefix { $0 != "]" }.dropFirst()) }
        return place.prefix { $0 != ":" }.lowercased()
    }

    /// The path, without query.
    var path: String {
        guard let authority, let start = url.firstRange(of: "://")?.upperBound else { return "" }
        return String(url[start...].dropFirst(authority.count).prefix { $0 != "?" && $0 != "#" })
    }

    private var authority: Substring? {
        guard let start = url.firstRange(of: "://")?.upperBound else { return nil }
        return url[start...].prefix { !"/?#".contains($0) }
    }

    private func formFaults() -> [String] {
        var found: [String] = []
        if !["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].contains(method) {
            found.append("the method \(quoted(method))")
        }
        if !url.hasPrefix("https://") && !url.hasPrefix("http://") || host.isEmpty {
            found.append("\(quoted(url)) is not an absolute http or https URL")
        }
        if !url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) || url.contains(where: { "\\\"<>^`{|}".contains($0) }) {
            found.append("the URL \(quoted(url)) has characters that must be percent-encoded")
        }
        if authority?.contains("@") == true { found.append("a user in the URL") }
        if url.contains("#") { found.append("a fragment in the URL") }
        if !isWrite, !body.isEmpty { found.append("a \(method) with a body") }
        if headers.reduce(0, { $0 + $1.name.utf8.count + $1.value.utf8.count + 8 }) > Self.headerByteLimit {
            found.append("more than \(Self.headerByteLimit >> 10) KiB of header fields")
        }
        for header in headers {
            if header.name.utf8.count > KT_MAX_HEADER_NAME {
                found.append("a header field with a name of more than \(KT_MAX_HEADER_NAME) bytes")
            }
            if header.name.isEmpty || !header.name.utf8.allSatisfy(isTokenCharacter) {
                found.append("a header field named \(quoted(header.name))")
            }
            let name = String(header.name.lowercased().map { $0 == "_" ? "-" : $0 })
            if Self.reserved.contains(name) || name.hasPrefix("proxy-") || name.hasPrefix("x-forwarded-") {
                found.append("the header field \(quoted(header.name)), which is the host's to set")
            }
            if header.value.unicodeScalars.contains(where: { $0.value < 32 && $0 != "\t" || $0.value == 127 }) {
                found.append("control characters in the header field \(quoted(header.name))")
            }
        }
        return found
    }

    private func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

/// The start of a text, for a sentence.
func quoted(_ text: String, limit: Int = 80) -> String {
    let line = text.unicodeScalars.prefix(limit).map { $0.value < 32 || $0.value == 127 ? "?" : String($0) }.joined()
    return "`\(line)`"
}

/// Copies a text that crosses the line; what is not UTF-8 is repaired.
func text(_ string: kt_string, limit: Int) -> String {
    guard let data = string.data, string.length > 0 else { return "" }
    let count = Int(min(string.length, UInt64(limit)))
    return String(decoding: UnsafeRawBufferPointer(start: data, count: count), as: UTF8.self)
}
