import CKeyturnPusher
import JSON
import Glibc
import Testing

/// A scripted host with one opened pusher: it replays replies, and keeps requests, logs and reports.
final class HostSession {
    /// Where a host differs from the ordinary one: services that it lacks, and structs of other versions.
    struct Shape {
        var missing: Set<String> = []
        var hostSize: Int?
        var httpSize: Int?
        var callSize: Int?
        var responseSize: Int?
        var targetSize: Int?
    }

    static let keyID = "AKIAIOSFODNN7EXAMPLE"
    /// Longer than AWS's, with what JSON must escape.
    static let secret = #"wJalrXUtnFEMI/K7MDENG+bPxRfiCY"EXAMPLE\KEY"#
    static let token = "token-0123456789abcdef"

    let shape: Shape
    private(set) var openOutcome = KT_INTERNAL
    private(set) var services: [String: UnsafeRawPointer] = [:]
    var requests: [Recorded] = []
    var logs: [String] = []
    var report: Report?
    /// The call counts as cancelled once this many requests were sent.
    var cancelledAfter: Int?
    var remaining: Int64 = 30_000
    /// Answers by what is asked, where the order is not known.
    var answering: (@Sendable (Recorded) -> Reply)?

    /// Every request is held against it.
    private let contract: [Contract]
    private let endpoint: String
    /// Where requests are written down, for the tests that hold them against the services' descriptions.
    private static let requestFile = getenv("KEYTURN_REQUESTS").map { String(cString: $0) }

    private var replies: [Reply] = []
    private var table: UnsafePointer<kt_pusher>
    private var instance: UnsafeMutableRawPointer?
    private var isBorrowing = false
    private let hostArena = Arena()
    private var callArena = Arena()

    init(_ library: PluginLibrary, configuration: String? = nil, shape: Shape = Shape()) throws {
        self.shape = shape
        let configuration = configuration ?? library.configuration
        contract = Contract.of(library.name)
        endpoint = library.endpoint(in: configuration) + Contract.prefix(of: library.name)
        // The table comes from a host of its own: it is the same for all, and outlives every session.
        table = try #require(library.entry(nil))
        makeServices()
        open(configuration)
    }

    /// A session for one call at a time on another's instance, as a second thread of the host would be.
    init(sharing other: HostSession) {
        shape = Shape()
        contract = other.contract
        endpoint = other.endpoint
        table = other.table
        instance = other.instance
        openOutcome = other.openOutcome
        isBorrowing = true
    }

    deinit {
        if let instance, !isBorrowing { table.pointee.close(instance) }
    }

    func check(_ target: String, _ replies: [Reply]) -> Ending {
        run(replies) { table.pointee.check(instance, $0, place(target)) }
    }

    func push(
        _ target: String, _ replies: [Reply], keyID: String = HostSession.keyID, secret: String = HostSession.secret
    ) -> Ending {
        run(replies) { call in
            let pair = kt_key_pair(
                size: 0, reserved: 0, access_key_id: callArena.string(keyID),
                secret_access_key: callArena.string(secret))
            return table.pointee.push(instance, call, place(target), callArena.place(pair))
        }
    }

    func inspect(_ target: String, _ replies: [Reply]) -> Ending {
        run(replies) { table.pointee.inspect(instance, $0, place(target)) }
    }

    /// A place that the plugin found.
    struct Found: Equatable {
        let place: String
        let fields: String
        let keyID: String
        var names = ""
        var state = ""
        var level: Int32 = 0

        init(_ place: kt_found_place) {
            (self.place, fields, keyID) = (text(place.place), text(place.fields), text(place.key_id))
            (names, state, level) = (text(place.names), text(place.state), place.level)
        }
    }

    /// What the last `find` below a scope reported of scopes, and of what it could not see.
    var scopes: [(name: String, fields: String)] = []
    var gaps: [(outcome: kt_outcome, part: String, message: String)] = []

    /// Looks below a scope by the extension kt.find/1.
    @discardableResult
    func find(below name: String, fields: String = "", _ replies: [Reply]) -> Ending {
        (found, scopes, gaps) = ([], [], [])
        let id = hostArena.string(KT_EXTENSION_FIND_1)
        let find = table.pointee.extension(id)?.assumingMemoryBound(to: kt_find.self)
        return run(replies) { call in
            let scope = kt_scope(size: 0, reserved: 0, name: callArena.string(name), fields: callArena.string(fields))
            return find?.pointee.below(instance, call, callArena.place(scope), finder()) ?? KT_UNSUPPORTED
        }
    }

    /// What the extension's functions report to.
    private func finder() -> UnsafePointer<kt_found> {
        let table = kt_found(
            size: 0, reserved: 0, place: { session(of: $0).found.append(Found($1!.pointee)) },
            scope: { session(of: $0).scopes.append((text($1!.pointee.name), text($1!.pointee.fields))) },
            gap: {
                session(of: $0).gaps.append(($1!.pointee.outcome, text($1!.pointee.part), text($1!.pointee.message)))
            })
        return UnsafePointer(callArena.place(table))
    }

    /// What the last `find` found.
    var found: [Found] = []

    /// Looks around a target by the extension kt.find/1.
    func find(_ target: String, _ replies: [Reply]) -> Ending {
        found = []
        let id = hostArena.string(KT_EXTENSION_FIND_1)
        let find = table.pointee.extension(id)?.assumingMemoryBound(to: kt_find.self)
        return run(replies) { call in
            find?.pointee.around(instance, call, place(target), finder()) ?? KT_UNSUPPORTED
        }
    }

    /// The host's answer to one request: the next of the script, or a refusal when the script is over.
    func answer(_ request: kt_http_request) -> UnsafePointer<kt_http_response> {
        var headers: [String: String] = [:]
        for index in 0..<Int(request.header_count) {
            headers[text(request.headers[index].name)] = text(request.headers[index].value)
        }
        requests.append(
            Recorded(method: text(request.method), url: text(request.url), headers: headers, body: text(request.body)))
        if let file = Self.requestFile { requests[requests.count - 1].append(to: file) }
        return reply()
    }

    /// The host's answer to one request to AWS, which is kept as `AWS region/operation`.
    func answer(_ request: kt_aws_request) -> UnsafePointer<kt_http_response> {
        let url = "\(text(request.region))/\(text(request.operation))"
        requests.append(Recorded(method: "AWS", url: url, headers: [:], body: text(request.body)))
        return reply()
    }

    private func reply() -> UnsafePointer<kt_http_response> {
        let reply = answering?(requests[requests.count - 1]) ?? nextReply()
        let response = kt_http_response(
            size: 0, error: reply.error, status: reply.status, reserved: 0, headers: callArena.headers(reply.headers),
            header_count: UInt64(reply.headers.count), body: callArena.bytes(reply.body),
            error_text: callArena.string(reply.errorText))
        return callArena.place(response, size: shape.responseSize)
    }

    private func nextReply() -> Reply {
        replies.isEmpty ? .error(KT_HTTP_REFUSED, "the script is over") : replies.removeFirst()
    }

    private func makeServices() {
        let http = kt_http(size: 0, reserved: 0, send: sendRequest)
        let aws = kt_aws(size: 0, reserved: 0, send: sendToAWS)
        let log = kt_log(size: 0, reserved: 0, write: writeLog)
        let clock = kt_clock(
            size: 0, reserved: 0, now_ms: { hostTime }, remaining_ms: remainingTime, cancelled: isCancelled,
            sleep_ms: { _, _ in 0 })
        services = [
            KT_SERVICE_HTTP_1: UnsafeRawPointer(hostArena.place(http, size: shape.httpSize)),
            KT_SERVICE_AWS_1: UnsafeRawPointer(hostArena.place(aws)),
            KT_SERVICE_LOG_1: UnsafeRawPointer(hostArena.place(log)),
            KT_SERVICE_CLOCK_1: UnsafeRawPointer(hostArena.place(clock)),
        ]
        for service in shape.missing { services[service] = nil }
    }

    private func open(_ configuration: String) {
        let host = kt_host(
            size: 0, abi_minor: UInt32(KT_ABI_MINOR), context: Unmanaged.passUnretained(self).toOpaque(),
            service: findService)
        let place = hostArena.place(host, size: shape.hostSize)
        openOutcome =
            run([]) { table.pointee.open(place, $0, callArena.string(configuration), &instance) }.outcome
    }

    private func place(_ target: String) -> UnsafePointer<kt_target> {
        let fields = kt_target(
            size: 0, reserved: 0, name: callArena.string("pusher:place"), fields: callArena.string(target))
        return callArena.place(fields, size: shape.targetSize)
    }

    private func run(_ replies: [Reply], _ body: (UnsafePointer<kt_call>) -> kt_outcome) -> Ending {
        self.replies = replies
        requests = []
        logs = []
        report = nil
        callArena = Arena()
        let call = kt_call(
            size: 0, reserved: 0, context: Unmanaged.passUnretained(self).toOpaque(), report: takeReport)
        let outcome = body(callArena.place(call, size: shape.callSize))
        let ending = Ending(outcome: outcome, report: report, requests: requests, unused: self.replies.count)
        ending.expectNoSecrets(logs: logs)
        for request in requests where request.method != "AWS" {
            let wrong = Contract.violations(of: request, below: endpoint, in: contract)
            #expect(wrong.isEmpty, "\(request.line) is not as documented")
        }
        return ending
    }
}
