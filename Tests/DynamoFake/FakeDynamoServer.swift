import Foundation
import Glibc
import JSON
import Synchronization

/// A fake DynamoDB behind a port of loopback. A thread for each connection.
package final class FakeDynamoServer: Sendable {
    let dynamo = FakeDynamo()
    let port: UInt16
    private let socket: Int32
    package var url: String { "http://127.0.0.1:\(port)" }

    struct Failed: Error {}

    /// - Parameter remembers: whether requests are kept, for tests that look at them.
    package init(remembers: Bool = true) throws {
        dynamo.state.withLock { $0.remembersRequests = remembers }
        (socket, port) = try Self.listen()
        let (socket, dynamo) = (socket, dynamo)
        Thread.detachNewThread {
            while true {
                let connection = accept(socket, nil, nil)
                guard connection >= 0 else { break }
                Thread.detachNewThread {
                    var served = Connection(connection, dynamo)
                    served.serve()
                    close(connection)
                }
            }
            close(socket)
        }
    }

    deinit { shutdown(socket, Int32(SHUT_RDWR)) }

    /// A port that the system chose.
    static func listen() throws -> (Int32, UInt16) {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let size = length
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, size) == 0 && Glibc.listen(socket, 64) == 0 && getsockname(socket, $0, &length) == 0
            }
        }
        guard isBound else { throw Failed() }
        return (socket, UInt16(bigEndian: address.sin_port))
    }
}

private struct Connection {
    private let socket: Int32
    private let dynamo: FakeDynamo
    private var input: [UInt8] = []

    init(_ socket: Int32, _ dynamo: FakeDynamo) { (self.socket, self.dynamo) = (socket, dynamo) }

    mutating func serve() {
        while let (fields, body) = request() {
            let (status, reply): (Int, String)
            do {
                try checkTime(fields["x-amz-date"] ?? "")
                let operation = fields["x-amz-target"].map { String($0.split(separator: ".").last ?? "") } ?? ""
                (status, reply) = (200, try dynamo.answer(operation, body).text)
            } catch let refusal as FakeDynamo.Refusal {
                let type = "com.amazonaws.dynamodb.v20120810#\(refusal.code)"
                status = refusal.status
                reply =
                    JSONValue.object(refusal.more).setting([
                        "__type": .string(type), "message": .string(refusal.message),
                    ]).text
            } catch { return }
            let head =
                "HTTP/1.1 \(status) X\r\nDate: \(Self.date(now))\r\nContent-Type: application/x-amz-json-1.0\r\n"
                + "Content-Length: \(reply.utf8.count)\r\n\r\n"
            guard send(Array((head + reply).utf8)) else { return }
        }
    }

    private var now: Date { Date().addingTimeInterval(dynamo.state.withLock { $0.lead }) }

    private static func date(_ moment: Date) -> String {
        format("EEE, dd MMM yyyy HH:mm:ss 'GMT'").string(from: moment)
    }

    private static func format(_ text: String) -> DateFormatter {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = text
        return format
    }

    /// Signatures that are more than five minutes off are refused, as AWS does it.
    private func checkTime(_ text: String) throws {
        let format = Self.format("yyyyMMdd'T'HHmmss'Z'")
        guard let date = format.date(from: text) else {
            throw FakeDynamo.Refusal(code: "MissingAuthenticationTokenException")
        }
        guard abs(date.timeIntervalSince(now)) > 300 else { return }
        throw FakeDynamo.Refusal(
            code: "InvalidSignatureException",
            message: "Signature expired: \(text) is now earlier than x (\(format.string(from: now)) - 5 min.)")
    }

    private mutating func request() -> (fields: [String: String], body: String)? {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var fields: [String: String]?
        while true {
            if fields == nil, let end = input.firstRange(of: Array("\r\n\r\n".utf8)) {
                fields = Self.fields(String(decoding: input[..<end.lowerBound], as: UTF8.self))
                input.removeSubrange(..<end.upperBound)
                if fields?["expect"] != nil, !send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) { return nil }
            }
            if let fields, let length = fields["content-length"].flatMap({ Int($0) }), input.count >= length {
                let body = String(decoding: input.prefix(length), as: UTF8.self)
                input.removeFirst(length)
                return (fields, body)
            }
            let count = read(socket, &buffer, buffer.count)
            guard count > 0 else { return nil }
            input += buffer[..<count]
        }
    }

    private static func fields(_ head: String) -> [String: String] {
        var fields: [String: String] = [:]
        for line in head.components(separatedBy: "\r\n").dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[line[..<colon].lowercased()] =
                line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
        return fields
    }

    private func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
