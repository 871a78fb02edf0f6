internal import CKeyturnPusher
internal import Glibc
internal import Synchronization

/// One call into the plugin, as the host sees it.
final class HostCall: Sendable {
    /// What the plugin reported about the outcome.
    struct Report: Sendable {
        var evidence: kt_evidence
        var retryAfter: Int64
        var message: String
        var keyID: String
        var changedAt: String
    }

    struct State {
        var isCancelled = false
        var report: Report?
        var requests: [Request] = []
        /// Places that it found, one more than it may at most.
        var places: [FoundPlace] = []
        /// Scopes below, and parts that were not seen.
        var scopes: [FoundScope] = []
        var gaps: [FoundGap] = []
        /// Milliseconds that the plugin slept, besides those that really passed.
        var slept: Int64 = 0
        var violations: [String] = []
    }

    /// Requests that one call may make.
    static let requestLimit = Int(KT_MAX_REQUESTS)
    private static let textLimit = 64 << 10

    let world: World
    let state = Mutex(State())
    private let thread = pthread_self()
    private let start = milliseconds()
    private let limit: Int64
    private let sleepsReally: Bool
    /// Bytes behind the fields of a response.
    private let extra: Int
    // Written and read by the call's own thread.
    nonisolated(unsafe) let lender: Lender

    init(world: World, limit: Int64, shape: ScriptedHost.Shape, lender: Lender) {
        self.world = world
        self.limit = limit
        sleepsReally = shape.sleepsReally
        extra = shape.extra
        self.lender = lender
    }

    var remaining: Int64 { max(0, limit - (milliseconds() - start) - state.withLock { $0.slept }) }

    var shouldEnd: Bool { state.withLock { $0.isCancelled } || remaining == 0 }

    func cancel() { state.withLock { $0.isCancelled = true } }

    func report(_ pointer: UnsafePointer<kt_report>) {
        expectThread("kt_call.report")
        guard let raw = received(pointer, atLeast: KT_MIN_SIZE_REPORT, kt_report()) else {
            let finding = "kt_report.size is below \(KT_MIN_SIZE_REPORT): set it to sizeof"
            return state.withLock { $0.violations.append(finding) }
        }
        let told = Report(
            evidence: raw.evidence, retryAfter: raw.retry_after_ms, message: text(raw.message, limit: Self.textLimit),
            keyID: text(raw.key_id, limit: Self.textLimit), changedAt: text(raw.changed_at, limit: Self.textLimit))
        state.withLock { $0.report = told }
    }

    /// Keeps a place.
    func found(_ place: FoundPlace) {
        expectThread("found")
        state.withLock { if $0.places.count <= FindChecks.most { $0.places.append(place) } }
    }

    /// Keeps a scope.
    func found(_ scope: FoundScope) {
        expectThread("scope")
        state.withLock { if $0.scopes.count <= KT_MAX_SCOPES { $0.scopes.append(scope) } }
    }

    /// Keeps a part that was not seen.
    func found(_ gap: FoundGap) {
        expectThread("gap")
        state.withLock { if $0.gaps.count <= KT_MAX_GAPS { $0.gaps.append(gap) } }
    }

    /// Answers a request, and keeps it.
    func send(_ raw: UnsafePointer<kt_http_request>?) -> UnsafePointer<kt_http_response> {
        expectThread("kt_http.send")
        return answer(Request(raw))
    }

    /// Answers a request to AWS, and keeps it.
    func send(_ raw: UnsafePointer<kt_aws_request>?) -> UnsafePointer<kt_http_response> {
        expectThread("kt_aws.send")
        return answer(Request(aws: raw))
    }

    private func answer(_ request: Request) -> UnsafePointer<kt_http_response> {
        var request = request
        let isTooMany = state.withLock { $0.requests.count >= Self.requestLimit }
        if isTooMany {
            request.answer = Answer(
                error: KT_HTTP_REFUSED, errorText: "more than \(Self.requestLimit) requests in one call")
        } else if request.isTooLong {
            request.answer = Answer(error: KT_HTTP_REFUSED, errorText: "a URL of more than \(KT_MAX_URL) bytes")
        } else if request.isRefused {
            request.answer = Answer(error: KT_HTTP_REFUSED, errorText: "a region that is not written as AWS's are")
        } else if shouldEnd {
            request.answer = Answer(error: KT_HTTP_CANCELLED, errorText: "the call was cancelled")
        } else if request.faults.isEmpty {
            request.answer = world.answer(&request)
        }
        if request.answer.waitsForEnd { request.answer = waitForEnd() }
        let answer = request.answer
        let kept = request
        state.withLock { if !isTooMany { $0.requests.append(kept) } }
        let response = kt_http_response(
            size: 0, error: answer.error, status: answer.status, reserved: 0, headers: lender.headers(answer.headers),
            header_count: UInt64(answer.headers.count), body: lender.bytes(answer.body),
            error_text: lender.string(answer.errorText))
        return lender.place(response, size: MemoryLayout<kt_http_response>.size + extra)
    }

    /// Sleeps until the call should end, or for that time. Where nothing else happens meanwhile, time just passes.
    func sleep(_ milliseconds: Int64) -> Int32 {
        expectThread("kt_clock.sleep_ms")
        guard sleepsReally else {
            state.withLock { $0.slept += max(0, min(milliseconds, 86_400_000)) }
            return shouldEnd ? 1 : 0
        }
        let end = PusherConformance.milliseconds() + max(0, min(milliseconds, 86_400_000))
        while !shouldEnd, PusherConformance.milliseconds() < end { usleep(2_000) }
        return shouldEnd ? 1 : 0
    }

    private func waitForEnd() -> Answer {
        while !shouldEnd { usleep(2_000) }
        return state.withLock { $0.isCancelled }
            ? Answer(error: KT_HTTP_CANCELLED, errorText: "the call was cancelled")
            : Answer(error: KT_HTTP_TIMED_OUT, errorText: "no whole answer in time")
    }

    private func expectThread(_ function: String) {
        guard pthread_equal(thread, pthread_self()) == 0 else { return }
        state.withLock { $0.violations.append("\(function) was called on another thread than the call came on") }
    }
}

/// Milliseconds of the monotonic clock.
func milliseconds() -> Int64 {
    var moment = timespec()
    clock_gettime(CLOCK_MONOTONIC, &moment)
    return Int64(moment.tv_sec) * 1_000 + Int64(moment.tv_nsec) / 1_000_000
}
