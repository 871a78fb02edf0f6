internal import CCurl
internal import Glibc
internal import Synchronization
internal import Threads

/// The requests of one owner (AWS, one pusher, notifications), on one libcurl multi handle driven by one thread: HTTP/2 where
/// offered, connections reused, certificates verified, redirects not followed, proxies from `https_proxy`, `all_proxy` and
/// `no_proxy`.
///
/// Owners have a client each, and share nothing: what one of them leaves on a connection can reach no other.
public final class HTTPClient: Sendable {
    /// Limits and trust.
    public struct Options: Sendable {
        /// A file of certificate authorities in PEM, instead of the system's.
        public var authorities: String?
        /// Connections to one host; further requests wait.
        public var connectionsPerHost = 64
        /// Requests that may wait or be in progress; further ones are refused.
        public var longestQueue = 16_384
        /// Bytes of all answers that are being received, beyond the first 64 KiB of each.
        public var responseRoom = 64 << 20
        /// Connections that were idle for so long are not used again. Their other end may have closed them while this machine was
        /// suspended, or frozen as a function's is between two events: then nothing comes back, and the request would hang.
        public var longestIdle: Duration = .seconds(20)
        /// What all clients of the process have done; each has its own unless they are given one.
        public var counter = Counter()

        /// The defaults.
        public init() {}
    }

    /// Names one request, to cancel it.
    public struct Ticket: Hashable, Sendable { let number: UInt64 }

    /// Is called once, on the client's thread; it must not block.
    public typealias Completion = @Sendable (Result<HTTPResponse, HTTPError>) -> Void

    /// Counts what one or more clients do.
    public final class Counter: Sendable {
        private let state = Mutex((counts: Counts(), underWay: 0))

        /// Nothing yet.
        public init() {}

        /// What was done so far.
        public var counts: Counts { state.withLock { $0.counts } }

        func began() {
            state.withLock { state in
                state.underWay += 1
                state.counts.requests += 1
                state.counts.most = max(state.counts.most, state.underWay)
            }
        }

        func ended(_ connections: Int) {
            state.withLock { state in
                state.underWay -= 1
                state.counts.connections += connections
            }
        }
    }

    /// What a client has done so far.
    public struct Counts: Hashable, Sendable {
        /// Requests begun.
        public var requests = 0
        /// Connections opened for them.
        public var connections = 0
        /// Requests that waited or were in progress at once, at most.
        public var most = 0

        /// Nothing yet.
        public init() {}
    }

    struct Mailbox {
        var next: UInt64 = 1
        var starting: [(UInt64, HTTPRequest, Completion)] = []
        var cancelling: [UInt64] = []
        var underWay = 0
        var isStopping = false
    }

    private let options: Options
    private let mailbox = Mutex(Mailbox())

    /// libcurl allows curl_multi_wakeup from any thread; all else is the loop's.
    private struct Multi: @unchecked Sendable { var handle: UnsafeMutableRawPointer }

    /// Only the loop changes it, to get rid of connections. Others hold the lock while they use it.
    private let multi: Mutex<Multi>

    private static let isPrepared: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// Starts the client's thread.
    public init(_ options: Options = Options()) {
        precondition(Self.isPrepared, "libcurl cannot be initialised")
        multi = Mutex(Self.makeMulti(options))
        self.options = options
        NamedThread.start("http") { [self] in run() }
    }

    private static func makeMulti(_ options: Options) -> Multi {
        guard let handle = curl_multi_init() else { fatalError("out of memory for libcurl") }
        kt_curl_multi_set_long(handle, CURLMOPT_MAX_HOST_CONNECTIONS, options.connectionsPerHost)
        kt_curl_multi_set_long(handle, CURLMOPT_MAXCONNECTS, 128)
        return Multi(handle: handle)
    }

    private func wakeUp() { multi.withLock { _ = curl_multi_wakeup($0.handle) } }

    /// Starts a request.
    @discardableResult
    public func start(_ request: HTTPRequest, completion: @escaping Completion) -> Ticket {
        let taken: (number: UInt64, isFirst: Bool)? = mailbox.withLock { mailbox in
            guard mailbox.underWay < options.longestQueue, !mailbox.isStopping else { return nil }
            defer { mailbox.next += 1 }
            mailbox.underWay += 1
            mailbox.starting.append((mailbox.next, request, completion))
            return (mailbox.next, mailbox.starting.count == 1)
        }
        guard let taken else {
            completion(.failure(HTTPError(.refused, "too many requests are waiting")))
            return Ticket(number: 0)
        }
        options.counter.began()
        // Whoever came before has woken the thread, which takes all.
        if taken.isFirst { wakeUp() }
        return Ticket(number: taken.number)
    }

    /// Ends a request early: its completion is called with `cancelled`, unless it has ended already.
    public func cancel(_ ticket: Ticket) {
        mailbox.withLock { $0.cancelling.append(ticket.number) }
        wakeUp()
    }

    /// Sends a request and waits for the answer. Cancelling the task cancels the request.
    public func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        let ticket = Mutex<Ticket?>(nil)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let started = start(request) { continuation.resume(returning: $0) }
                ticket.withLock { $0 = started }
                if Task.isCancelled { cancel(started) }
            }
        } onCancel: {
            if let started = ticket.withLock({ $0 }) { cancel(started) }
        }
        return try result.get()
    }

    /// What was done so far, by all clients that share its counter.
    public var counts: Counts { options.counter.counts }

    /// Ends the thread once the work in progress has ended.
    public func stop() {
        mailbox.withLock { $0.isStopping = true }
        wakeUp()
    }

    private func run() {
        var transfers: [UInt64: Transfer] = [:]
        var numbers: [UnsafeMutableRawPointer: UInt64] = [:]
        let room = ResponseRoom(options.responseRoom)
        var multi = multi.withLock { $0.handle }
        var lastUse = ClockReading.now
        while true {
            let (starting, cancelling, isStopping) = mailbox.withLock { mailbox in
                defer { (mailbox.starting, mailbox.cancelling) = ([], []) }
                return (mailbox.starting, mailbox.cancelling, mailbox.isStopping)
            }
            if !starting.isEmpty, transfers.isEmpty, lastUse.isOlder(than: options.longestIdle) { multi = renewMulti() }
            for (number, request, completion) in starting {
                let transfer = Transfer(request, options, room, completion)
                guard let handle = transfer.handle else {
                    finish(transfer, CURLE_FAILED_INIT)
                    continue
                }
                transfers[number] = transfer
                numbers[handle] = number
                curl_multi_add_handle(multi, handle)
            }
            // Where the machine is frozen in the wait below, it was so with these.
            if !transfers.isEmpty { lastUse = .now }
            for number in cancelling {
                guard let transfer = transfers.removeValue(forKey: number), let handle = transfer.handle else {
                    continue
                }
                numbers[handle] = nil
                curl_multi_remove_handle(multi, handle)
                transfer.isCancelled = true
                finish(transfer, CURLE_ABORTED_BY_CALLBACK)
            }
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            var left: Int32 = 0
            while let message = curl_multi_info_read(multi, &left) {
                guard message.pointee.msg == CURLMSG_DONE, let handle = kt_curl_message_handle(message) else {
                    continue
                }
                let result = kt_curl_message_result(message)
                curl_multi_remove_handle(multi, handle)
                guard let number = numbers.removeValue(forKey: handle),
                    let transfer = transfers.removeValue(forKey: number)
                else { continue }
                finish(transfer, result)
            }
            if isStopping, transfers.isEmpty, mailbox.withLock({ $0.starting.isEmpty }) { break }
            // libcurl ends the wait at its own time-outs, and curl_multi_wakeup ends it for ours.
            curl_multi_poll(multi, nil, 0, transfers.isEmpty ? 600_000 : 1_000, nil)
        }
        curl_multi_cleanup(multi)
    }

    /// Closes all connections; there must be no transfer.
    private func renewMulti() -> UnsafeMutableRawPointer {
        let fresh = Self.makeMulti(options)
        let former = multi.withLock { multi in
            defer { multi = fresh }
            return multi
        }
        curl_multi_cleanup(former.handle)
        // Whoever has just woken the former one up is not overlooked.
        curl_multi_wakeup(fresh.handle)
        return fresh.handle
    }

    private func finish(_ transfer: Transfer, _ result: CURLcode) {
        mailbox.withLock { $0.underWay -= 1 }
        options.counter.ended(transfer.connections)
        transfer.finish(result)
    }
}
