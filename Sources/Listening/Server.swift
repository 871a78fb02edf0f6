internal import CLinux
internal import Dispatch
internal import Glibc
internal import Synchronization
internal import Threads

/// Why there is no server.
public struct ListeningError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A sentence for people.
    public var description: String
}

/// A small HTTP server for looking: GET and HEAD, one answer a connection, on one thread that sleeps until someone asks.
///
/// Everything is bounded: connections, the size of a request, and the time of both sides.
public final class Server: Sendable {
    /// Where and for whom.
    public struct Options: Sendable {
        /// An IPv4 or IPv6 address.
        public var host: String
        /// 0: the system chooses.
        public var port: UInt16
        /// Whether only names of this machine may be asked for: a web page that makes its own name lead here gets nothing.
        public var checksHost: Bool
        /// Of a request's head, and of the whole exchange.
        public var headLimit: Duration = .seconds(5)
        /// Of the whole exchange.
        public var exchangeLimit: Duration = .seconds(30)

        /// Where and for whom.
        public init(host: String, port: UInt16, checksHost: Bool) {
            (self.host, self.port, self.checksHost) = (host, port, checksHost)
        }
    }

    /// Connections at a time. A further one takes the place of another: see ``evict(_:)``.
    static let connectionLimit = 256
    /// Connections at a time whose clients do not take their answers, which are kept until then.
    static let answerLimit = 32
    /// Connections taken in one turn, so that those that are there get theirs.
    private static let acceptLimit = 64
    /// The largest head of a request, in bytes.
    static let headSize = 8 << 10

    private let options: Options
    private let answer: @Sendable (String, [String: String]) -> Reply?
    private let listener: Int32
    private let wake: Int32
    private let isStopping = Mutex(false)
    private let ended = DispatchSemaphore(value: 0)

    /// Listens from now on.
    ///
    /// - Parameter answer: gives what a path with a query is answered with, nil where there is nothing; called on the server's thread.
    public init(_ options: Options, answer: @escaping @Sendable (String, [String: String]) -> Reply?)
        throws(ListeningError)
    {
        self.options = options
        self.answer = answer
        listener = try Self.listen(options)
        wake = kt_eventfd()
        precondition(wake >= 0, "no descriptor for the listener's thread")
        NamedThread.start("listener") { [self] in run() }
    }

    deinit { close(wake) }

    /// `http://127.0.0.1:9464/`
    public var url: String {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &length) }
        }
        // Both kinds have the port in the same place.
        let port = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { UInt16(bigEndian: $0.pointee.sin_port) }
        }
        let host = options.host.contains(":") ? "[\(options.host)]" : options.host
        return "http://\(host):\(result == 0 ? port : options.port)/"
    }

    /// Ends the thread and all connections, and waits for that.
    public func stop() {
        guard
            isStopping.withLock({ isStopping in
                defer { isStopping = true }; return !isStopping
            })
        else { return }
        var one: UInt64 = 1
        _ = write(wake, &one, 8)
        ended.wait()
    }

    /// What to type where the system refuses a port.
    private static func next(_ number: Int32, _ port: UInt16) -> String {
        switch number {
        case EADDRINUSE:
            ". `sudo ss -ltnp 'sport = :\(port)'` shows the program that listens there: stop it, or choose "
                + "another port"
        case EACCES: ". Choose a port from 1024 on: those below are for root"
        case EADDRNOTAVAIL: ". `ip address` shows the addresses of this machine"
        default: ""
        }
    }

    private static func listen(_ options: Options) throws(ListeningError) -> Int32 {
        func failure(_ what: String) -> ListeningError {
            ListeningError(description: "cannot listen on \(options.host), port \(options.port): \(what)")
        }
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(options.host, "\(options.port)", &hints, &found) == 0, let address = found?.pointee else {
            throw failure("that is not an address of a machine")
        }
        defer { freeaddrinfo(found) }
        let kind = address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(address.ai_family, kind, address.ai_protocol)
        guard descriptor >= 0 else { throw failure(String(cString: strerror(errno))) }
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, address.ai_addr, address.ai_addrlen) == 0, Glibc.listen(descriptor, SOMAXCONN) == 0
        else {
            let number = errno
            close(descriptor)
            throw failure(String(cString: strerror(number)) + next(number, options.port))
        }
        return descriptor
    }

    private func run() {
        var connections: [Connection] = []
        while !isStopping.withLock({ $0 }) {
            var entries = [pollfd(fd: wake, events: Int16(POLLIN), revents: 0)]
            entries.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0))
            entries += connections.map { pollfd(fd: $0.descriptor, events: $0.events, revents: 0) }
            let wait = connections.map { max(.zero, $0.deadline - .now) }.min()
            let milliseconds = wait.map {
                Int32(clamping: $0.components.seconds * 1_000 + $0.components.attoseconds / 1_000_000_000_000_000 + 1)
            }
            guard poll(&entries, UInt(entries.count), milliseconds ?? -1) >= 0 || errno == EINTR else { break }
            for index in connections.indices where entries[index + 2].revents != 0 {
                connections[index].advance(answer: reply)
            }
            let now = ContinuousClock.now
            for index in connections.indices where connections[index].deadline <= now { connections[index].finish() }
            connections.removeAll(where: \.isOver)
            Self.limitAnswers(&connections)
            if entries[1].revents != 0 { accept(&connections) }
        }
        for index in connections.indices { connections[index].finish() }
        close(listener)
        ended.signal()
    }

    private func accept(_ connections: inout [Connection]) {
        for _ in 0..<Self.acceptLimit {
            let descriptor = Glibc.accept(listener, nil, nil)
            guard descriptor >= 0 else {
                // Out of descriptors: the connection stays where it is, and a moment of rest keeps this from spinning.
                if errno == EMFILE || errno == ENFILE { usleep(50_000) }
                return
            }
            _ = kt_close_on_exec(descriptor)
            _ = kt_set_nonblocking(descriptor)
            var connection = Connection(descriptor, head: .now + options.headLimit, end: .now + options.exchangeLimit)
            // Most clients have sent their request by now, and need no place.
            connection.advance(answer: reply)
            guard !connection.isOver else { continue }
            if connections.count >= Self.connectionLimit { Self.evict(&connections) }
            connections.append(connection)
            Self.limitAnswers(&connections)
        }
    }

    /// Ends the connection that has kept its place for longest without a whole request, or else the oldest. Slow clients keep
    /// out each other, and no client that sends its request.
    private static func evict(_ connections: inout [Connection]) {
        let index = connections.firstIndex(where: \.isReading) ?? connections.startIndex
        connections[index].finish()
        connections.remove(at: index)
    }

    /// Ends the oldest of too many connections whose answers wait.
    private static func limitAnswers(_ connections: inout [Connection]) {
        let waiting = connections.indices.filter { connections[$0].isWriting }
        for index in waiting.dropLast(answerLimit).reversed() {
            connections[index].finish()
            connections.remove(at: index)
        }
    }

    private func reply(to request: Request) -> Reply {
        guard request.method == "GET" || request.method == "HEAD" else {
            return .line(405, "This server is for looking only: GET and HEAD. To act, use the keyturn command.")
        }
        if options.checksHost, let host = request.host, !isOwn(host) {
            return .line(421, "This server answers for names of this machine only.")
        }
        return answer(request.path, request.query)
            ?? Reply(
                404, StatusPage.contentType,
                MessagePage(
                    "Not found", "This server has /, /user/NAME, /metrics, /healthz, /readyz and /status.json"
                ).text)
    }

    private func isOwn(_ host: String) -> Bool {
        host == "localhost" || host == "127.0.0.1" || host == "::1" || host == options.host
    }
}
