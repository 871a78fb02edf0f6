internal import CKeyturnPusher
internal import HTTP
internal import RunnerProtocol
internal import Secrets

/// A request as a plugin asks for it, checked: what is sent is what was checked.
///
/// Framing belongs to the host. A field that says where a body ends, or what becomes of the connection, would let a plugin leave
/// the beginning of a request on it, or pass a write off as a read.
enum PluginRequest {
    /// Why a request is not sent.
    struct Refusal: Error {
        /// A clause for people: "a header field `host`, which is the host's own".
        var reason: String
        /// The kind of grant by which it would be sent, as `keyturn plugin pin --grant` takes it; nil: by none.
        var grant: String?
    }

    /// Field names that are not a plugin's to set: framing and connection (RFC 9110 and 9113), and those that make a service
    /// take one method for another.
    private static let reserved: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade", "expect",
        "http2-settings", "x-http-method-override", "x-http-method", "x-method-override", "x-original-method",
        "x-original-url", "x-rewrite-url", "forwarded",
    ]
    private static let reservedPrefixes = ["proxy-", "x-forwarded-"]

    /// The request as it is sent.
    ///
    /// - Parameters:
    ///   - fields: ``HeaderFields``; wiped.
    ///   - body: empty: none; wiped.
    static func checked(
        _ wanted: WireRequest, fields: inout [UInt8], body: inout [UInt8], _ grant: Grant
    ) throws(Refusal) -> HTTPRequest {
        defer {
            Secret.wipe(&fields)
            Secret.wipe(&body)
        }
        guard let method = HTTPRequest.Method(rawValue: wanted.method) else {
            throw Refusal(reason: "a method that is not sent")
        }
        guard body.isEmpty || (method != .get && method != .head) else {
            throw Refusal(reason: "a \(method.rawValue) with a body")
        }
        guard body.count <= PusherLimits.body else {
            throw Refusal(reason: "a body of more than \(PusherLimits.body >> 20) MiB")
        }
        guard wanted.url.utf8.count <= KT_MAX_URL else {
            throw Refusal(reason: "a URL of more than \(KT_MAX_URL) bytes")
        }
        let url: HTTPURL
        do throws(HTTPURL.Malformed) { url = try HTTPURL(wanted.url) } catch {
            throw Refusal(reason: error.description)
        }
        if let refusal = grant.refusal(of: url) {
            throw Refusal(reason: refusal, grant: grant.isUngranted(url) ? "hosts" : nil)
        }
        var lines = try lines(fields)
        guard let headers = Secret.takingIfRoom(&lines),
            let content = body.isEmpty ? .some(nil) : Secret.takingIfRoom(&body).map(Optional.some)
        else { throw Refusal(reason: "for want of memory that is fit for secrets") }
        var request = HTTPRequest(method: method, url: url.description, headers: headers, body: content)
        // What creates something is not harmless a second time.
        request.isSentOnce = method == .post
        request.reach = grant.reach(of: url)
        return request
    }

    /// `Name: value` lines, as ``HTTPRequest`` takes them.
    private static func lines(_ bytes: [UInt8]) throws(Refusal) -> [UInt8] {
        let fields: [HeaderFields.Field]
        do throws(ProtocolError) { fields = try HeaderFields.read(bytes) } catch {
            throw Refusal(reason: error.description)
        }
        guard fields.count <= HeaderFields.countLimit, bytes.count <= HeaderFields.byteLimit else {
            throw Refusal(
                reason:
                    "more than \(HeaderFields.countLimit) header fields, or more than \(HeaderFields.byteLimit >> 10) KiB of them"
            )
        }
        var lines: [UInt8] = []
        // Growing would leave copies of a token behind.
        lines.reserveCapacity(bytes.count + 4 * fields.count)
        for field in fields {
            guard isToken(bytes[field.name]) else {
                throw Refusal(reason: "a header field whose name is not a token (RFC 9110)")
            }
            let name = String(decoding: bytes[field.name], as: UTF8.self).lowercased()
            // Gateways take underscores for dashes (RFC 3875, and what follows it).
            let read = String(name.map { $0 == "_" ? "-" : $0 })
            guard !reserved.contains(read), !reservedPrefixes.contains(where: read.hasPrefix) else {
                throw Refusal(reason: "a header field `\(name.prefix(64))`, which is not the pusher's to set")
            }
            guard bytes[field.value].allSatisfy(isFieldByte) else {
                throw Refusal(reason: "a header field `\(name.prefix(64))` with a control character")
            }
            lines += bytes[field.name]
            let isBlank = bytes[field.value].allSatisfy { $0 == 0x20 || $0 == 0x09 }
            // libcurl's way of saying "with no value": an empty one would take a field of its own away.
            if isBlank {
                lines.append(UInt8(ascii: ";"))
            } else {
                lines += [UInt8(ascii: ":"), 0x20] + bytes[field.value]
            }
            lines.append(0x0A)
        }
        return lines
    }

    /// `tchar` of RFC 9110.
    private static func isToken(_ name: ArraySlice<UInt8>) -> Bool {
        (1...Int(KT_MAX_HEADER_NAME)).contains(name.count)
            && name.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
    }

    private static func isFieldByte(_ byte: UInt8) -> Bool { byte == 0x09 || (byte >= 0x20 && byte != 0x7F) }
}
