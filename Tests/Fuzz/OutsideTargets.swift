@testable import AWS
@testable import Configuration
import Glibc
@testable import HTTP
import JSON
import JSONSchema
@testable import Listening
@testable import PlainText
import Secrets

/// The listener: bytes of a client, over a real socket.
enum ListenerTarget: FuzzTarget {
    static let name = "listener"

    static var seeds: [[UInt8]] {
        [
            "GET /metrics HTTP/1.1\r\nHost: localhost:9464\r\n\r\n", "HEAD / HTTP/1.0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: [::1]:1\r\nHost: a\r\n\r\nbody", "\r\n\r\n", "",
        ].map { Array($0.utf8) }
    }

    static func take(_ bytes: UnsafeRawBufferPointer) {
        var pair: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &pair) == 0 else { return }
        defer { close(pair[1]) }
        var connection = Connection(pair[0], head: .now + .seconds(5), end: .now + .seconds(5))
        // In two pieces, as a network may.
        let half = bytes.count / 2
        for piece in [bytes.prefix(half), bytes.dropFirst(half)] where !piece.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: piece)
            guard send(pair[1], piece.baseAddress, min(piece.count, 64 << 10), Int32(MSG_NOSIGNAL)) > 0 else { break }
            advance(&connection, 40)
        }
        shutdown(pair[1], Int32(SHUT_WR))
        advance(&connection, 40)
        demand(connection.isOver || connection.events != 0, "a connection ends or waits for something")
        connection.finish()
    }

    private static func advance(_ connection: inout Connection, _ times: Int) {
        for _ in 0..<times where !connection.isOver {
            connection.advance { request in
                demand(request.path.hasPrefix("/"), "a path begins with a slash")
                return .line(200, HTML.escaped(request.path))
            }
        }
    }
}

/// AWS's answers in XML.
enum XMLTarget: FuzzTarget {
    static let name = "xml"

    static var seeds: [[UInt8]] {
        [
            "<ListAccessKeysResponse><ListAccessKeysResult><IsTruncated>false</IsTruncated><AccessKeyMetadata><member><AccessKeyId>AKIAIOSFODNN7EXAMPLE</AccessKeyId><Status>Active</Status><CreateDate>2026-11-28T10:00:00Z</CreateDate></member></AccessKeyMetadata></ListAccessKeysResult></ListAccessKeysResponse>",
            "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no &amp; never</Message></Error><RequestId>1</RequestId></ErrorResponse>",
            "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "<a><![CDATA[x]]></a>", "",
        ].map { Array($0.utf8) }
    }

    static func take(_ bytes: UnsafeRawBufferPointer) {
        if let root = XMLElement.parse(bytes) { walk(root, 0) }
        for status in [200, 403, 503] {
            let reply = HTTPResponse(status: status, headers: [], body: Secret(copying: bytes))
            if let refusal = AWSReply.error(in: reply, "ListAccessKeys", signedWith: "AKIA") {
                demand(PlainText.isShowable(refusal.error.description), "what is shown can be shown")
                demand(refusal.error.description.utf8.count < 2_000, "a sentence has a bound")
            } else {
                _ = try? AWSReply.document(in: reply, "ListAccessKeys")
            }
        }
    }

    private static func walk(_ element: XMLElement, _ depth: Int) {
        demand(depth <= 33, "a document is no deeper than it may be")
        if element.name == "member" { _ = try? IAM.key(element) }
        element.children.forEach { walk($0, depth + 1) }
    }
}

/// JSON of services and credential sources.
enum JSONTarget: FuzzTarget {
    static let name = "json"

    static var seeds: [[UInt8]] {
        [
            #"{"AccessKeyId":"AKIAIOSFODNN7EXAMPLE","SecretAccessKey":"s","Token":"t","Expiration":"2026-11-28T10:00:00Z","Code":"Success"}"#,
            #"[1,-0.5e10,"\u00e4\ud83d\ude00",null,true,{"a":{"b":[]}}]"#, String(repeating: "[", count: 600), "",
        ].map { Array($0.utf8) }
    }

    static func take(_ bytes: UnsafeRawBufferPointer) {
        guard let json = try? JSONValue(parsing: String(decoding: bytes, as: UTF8.self)) else { return }
        _ = JSONCredentials.read(json, token: "Token", source: "fuzz")
        // A number of many digits is read as the nearest Double, which may be a whole number; from then on it stays as it is.
        guard let again = try? JSONValue(parsing: json.text), let third = try? JSONValue(parsing: again.text) else {
            preconditionFailure("what was written can be read")
        }
        demand(third.text == again.text, "what was written is read as it was written")
        _ = Schema(json).violations(in: json)
    }
}

/// Texts on their way out, times and URLs.
enum TextTarget: FuzzTarget {
    static let name = "text"

    static var seeds: [[UInt8]] {
        [
            "plain", "\u{1B}[31mred\u{1B}[0m\r\n", "\u{202E}e\u{301}\u{301}", "Sun, 06 Nov 1994 08:49:37 GMT",
            "https://a.example/x",
        ].map {
            Array($0.utf8)
        }
    }

    static func take(_ bytes: UnsafeRawBufferPointer) {
        let text = String(decoding: bytes, as: UTF8.self)
        for limit in [4, 37, 1_000] {
            let line = PlainText.line(text, limit: limit)
            demand(line.utf8.count <= limit && PlainText.isShowable(line), "a line fits and can be shown")
            demand(PlainText.line(line, limit: limit) == line, "what is clean stays as it is")
        }
        let lines = PlainText.lines(text) { String($0) == "31m" }
        demand(
            !lines.unicodeScalars.contains { $0.value == 7 || $0.value == 0x202E || $0.value == 0x9B },
            "lines can be shown")
        _ = HTTPDate.seconds(text)
        if let url = try? HTTPURL(text) { demand(!url.host.isEmpty && url.port > 0, "a URL has a host") }
    }
}

/// A configuration. It is the operator's own file, and parsed by C.
enum YAMLTarget: FuzzTarget {
    static let name = "yaml"
    static let seeds = [
        "version: 1\nusers:\n  bot: { targets: [{ pusher: travis, repository: acme/app }] }\n",
        "a: &x [1, 0x10, 0o7, 1:30, .inf, ~, yes, 'q', \"\\u00e9\"]\nb: *x\n<<: { c: |\n  text\n }\n",
        "- ? k\n  : v\n--- !!str 12\n",
    ].map { Array($0.utf8) }

    static func take(_ bytes: UnsafeRawBufferPointer) {
        let text = String(decoding: bytes, as: UTF8.self)
        do throws(ConfigurationError) { _ = try Field.parse(text, file: "fuzz.yaml") } catch {
            demand(!error.description.isEmpty, "an error says something")
            demand((1...bytes.count + 2).contains(error.line ?? 1), "no line is beyond the file")
        }
    }
}
