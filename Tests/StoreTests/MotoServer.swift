@testable import DynamoFake
import Foundation
import Glibc

/// moto's server, on a port of its own, for as long as the tests run.
final class MotoServer: Sendable {
    /// Where it is: `KEYTURN_MOTO`, else in `PATH`; nil: nowhere.
    static let program: String? = {
        let environment = ProcessInfo.processInfo.environment
        let candidates =
            environment["KEYTURN_MOTO"].map { [$0] }
            ?? (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/moto_server" }
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    /// Started when a test needs it first.
    static let shared = Result { try MotoServer() }

    let url: String
    /// Its other end closes when this process ends, however it ends; that is what the server's own shell waits for.
    private let life = Pipe()

    struct Failed: Error, CustomStringConvertible { let description: String }

    private init() throws {
        guard let program = Self.program else { throw Failed(description: "moto_server is not there") }
        let (socket, port) = try FakeDynamoServer.listen()
        close(socket)
        url = "http://127.0.0.1:\(port)"
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        // The server is ended by its ID. It inherits that signals are blocked, as they are in the threads of Swift's
        // tasks.
        shell.arguments = [
            "-c", "\"$0\" -H 127.0.0.1 -p \"$1\" </dev/null >/dev/null 2>&1 & cat >/dev/null; kill -9 $!", program,
            "\(port)",
        ]
        shell.standardInput = life
        try shell.run()
        let end = ContinuousClock.now + .seconds(60)
        while !Self.answers(port) {
            guard shell.isRunning, .now < end else { throw Failed(description: "\(program) does not answer") }
            usleep(50_000)
        }
    }

    private static func answers(_ port: UInt16) -> Bool {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = port.bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, size) == 0 }
        }
    }
}
