import FlyingFox
import FlyingSocks
import Foundation

/// One HTTP server on loopback.
struct Listener: Sendable {
    private let server: HTTPServer

    /// - Parameter port: 0 lets the system choose.
    init(port: UInt16, handler: some HTTPHandler) throws {
        let configuration = HTTPServer.Configuration(
            address: try sockaddr_in.inet(ip4: "127.0.0.1", port: port),
            // A fault may hold a reply back for minutes; the client's patience is the limit, not the server's.
            timeout: 3600,
            pool: PromptPool(pool: .ePoll()),
            logger: .disabled)
        server = HTTPServer(config: configuration, handler: handler)
    }

    func run() async throws { try await server.run() }

    /// The base URL, once the listener accepts connections.
    func url() async throws -> String {
        try await server.waitUntilListening()
        guard case .ip4(_, let port) = await server.listeningAddress else { throw NotListening() }
        return "http://127.0.0.1:\(port)"
    }

    struct NotListening: Error {}
}

/// What stands before each service: its log, its faults and its latency.
struct Front<Answering: RequestAnswering>: HTTPHandler {
    let service: Service
    let answering: Answering
    let faults: FaultPlan
    let log: RequestLog
    let latency: Duration

    func handleRequest(_ received: HTTPRequest) async throws -> HTTPResponse {
        guard let request = try await Request(reading: received) else {
            return Reply.text(413, "too large").adding([("Connection", "close")]).response(isHead: false)
        }
        let subject = answering.subject(of: request)
        let number = log.begin(service: service, method: request.method, path: subject)
        let reply = try await reply(to: request, subject: subject)
        log.end(number, status: reply.status)
        return reply.response(isHead: request.method == "HEAD")
    }

    private func reply(to request: Request, subject: String) async throws -> Reply {
        let fault = faults.take(service, method: request.method, subject: subject)
        if latency > .zero { try await Task.sleep(for: latency) }
        if let fault, fault.delayMilliseconds > 0 {
            try await Task.sleep(for: .milliseconds(fault.delayMilliseconds))
        }
        guard let fault, fault.replacesReply else { return await answering.reply(to: request) }
        if fault.isAfterEffect { _ = await answering.reply(to: request) }
        return fault.reply
    }
}

/// A service that answers requests.
protocol RequestAnswering: Sendable {
    func reply(to request: Request) async -> Reply

    /// What the log shows and faults are matched against.
    func subject(of request: Request) -> String
}

extension RequestAnswering {
    func subject(of request: Request) -> String {
        request.path
    }
}
