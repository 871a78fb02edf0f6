import Dispatch
import Glibc
import Synchronization
import Threads

/// One HTTP server on loopback, with a thread for each connection: a fault may hold a reply back for minutes.
struct Listener: Sendable {
    private let descriptor: Int32
    private let answering: any RequestAnswering
    /// Where it is reached. It accepts connections from the beginning.
    let url: String

    /// Connections beyond these are closed at once.
    private static let mostConnections = 2_000

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameter port: 0 lets the system choose.
    init(port: UInt16, answering: any RequestAnswering) throws(Failure) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        var isOn: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<Int32>.size))
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, size) == 0 && listen(descriptor, 1_024) == 0
                    && getsockname(descriptor, address, &size) == 0
            }
        }
        guard isListening else {
            throw Failure(description: "127.0.0.1:\(port): \(String(cString: strerror(errno)))")
        }
        (self.descriptor, self.answering) = (descriptor, answering)
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
    }

    /// Accepts connections from now on, on a thread of its own, until the process ends.
    func start() { NamedThread.start("accept") { accept() } }

    private func accept() {
        let open = Open()
        while true {
            let client = Glibc.accept(descriptor, nil, nil)
            guard client >= 0 else {
                // No descriptor is left, most likely: one becomes free when a connection ends.
                if errno != EINTR && errno != ECONNABORTED { usleep(10_000) }
                continue
            }
            guard open.enter(limit: Self.mostConnections) else {
                close(client)
                continue
            }
            NamedThread.start("connection") {
                var connection = Connection(client, answering)
                connection.serve()
                close(client)
                open.leave()
            }
        }
    }

    /// How many connections there are.
    private final class Open: Sendable {
        private let count = Mutex(0)

        func enter(limit: Int) -> Bool {
            count.withLock { count in
                guard count < limit else { return false }
                count += 1
                return true
            }
        }

        func leave() { count.withLock { $0 -= 1 } }
    }
}

/// What comes before each service: its log, its faults and its latency.
struct Front<Answering: RequestAnswering>: RequestAnswering {
    let service: Service
    let answering: Answering
    let faults: FaultPlan
    let log: RequestLog
    let latency: Duration

    func reply(to request: Request) async -> Reply {
        let subject = answering.subject(of: request)
        let number = log.begin(service: service, method: request.method, path: subject)
        let reply = await reply(to: request, subject: subject)
        log.end(number, status: reply.status)
        return reply
    }

    private func reply(to request: Request, subject: String) async -> Reply {
        let fault = faults.take(service, method: request.method, subject: subject)
        // Nothing cancels these tasks: they end with the process.
        if latency > .zero { try? await Task.sleep(for: latency) }
        if let fault, fault.delayMilliseconds > 0 {
            try? await Task.sleep(for: .milliseconds(fault.delayMilliseconds))
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
