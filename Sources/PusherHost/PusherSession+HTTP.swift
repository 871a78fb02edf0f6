internal import CKeyturnPusher
internal import HTTP
internal import JSON
internal import Rotation
internal import RunnerProtocol
internal import Secrets

/// `kt.http/1` and `kt.aws/1`, the host's side: the request is checked, and sent by the pusher's own client.
extension PusherSession {
    /// `kt_http_error`.
    private enum WireError {
        static let none = KT_HTTP_OK
        static let refused = KT_HTTP_REFUSED

        static func number(_ code: HTTPError.Code) -> kt_http_error {
            switch code {
            case .refused: KT_HTTP_REFUSED
            case .unreachable: KT_HTTP_UNREACHABLE
            case .lost: KT_HTTP_LOST
            case .timedOut: KT_HTTP_TIMED_OUT
            case .tooLarge, .crowded: KT_HTTP_TOO_LARGE
            case .cancelled: KT_HTTP_CANCELLED
            case .tls: KT_HTTP_TLS
            }
        }
    }

    func send(
        _ wanted: WireRequest, _ call: UInt32, _ fields: [UInt8], _ body: [UInt8], _ runner: RunnerProcess
    ) throws(ProtocolError) {
        var (fields, body) = (fields, body)
        defer {
            Secret.wipe(&fields)
            Secret.wipe(&body)
        }
        let bytes = fields.count + body.count + wanted.url.utf8.count
        try take(wanted.number, wanted.timeLimit, bytes, call, runner) { active, limit throws(PluginRequest.Refusal) in
            var request = try PluginRequest.checked(wanted, fields: &fields, body: &body, settings.grant)
            request.timeout = limit
            request.responseLimit = PusherLimits.response
            request.authorities = settings.authorities
            request.permit = active.call.permit
            return .http(request)
        }
    }

    func send(_ wanted: WireAWSRequest, _ call: UInt32, _ body: [UInt8], _ runner: RunnerProcess) throws(ProtocolError)
    {
        var body = body
        defer { Secret.wipe(&body) }
        let bytes = body.count + wanted.operation.utf8.count + wanted.region.utf8.count
        try take(wanted.number, wanted.timeLimit, bytes, call, runner) { active, limit throws(PluginRequest.Refusal) in
            guard let signer = settings.aws else {
                throw PluginRequest.Refusal(reason: "AWS operations are not granted to this pusher", grant: "aws")
            }
            // The fields of a target are the operator's; those of a scope can be the plugin's own words.
            let fields = active.call.question.isBelow ? nil : active.call.target.fields
            let target = fields.flatMap { try? JSONValue(parsing: $0) }
            let regions = [signer.region, target?["region"]?.string].compactMap { $0 }
            var request = try AWSRequest(
                wanted, body: &body, settings.admitted.grants.aws, in: regions, within: limit)
            request.permit = active.call.permit
            return .aws(request, signer)
        }
    }

    /// Takes up a request of a call, unless it is refused.
    ///
    /// - Parameter make: makes it, to end within that time.
    private func take(
        _ number: Int64, _ timeLimit: Int64, _ bytes: Int, _ call: UInt32, _ runner: RunnerProcess,
        _ make: (ActiveCall, Duration) throws(PluginRequest.Refusal) -> OutgoingRequest
    ) throws(ProtocolError) {
        guard let active = runner.calls[call], active.requests[number] == nil else {
            throw ProtocolError("a request with the number of another")
        }
        guard !active.isCancelled else {
            return refuse(number, WireError.number(.cancelled), "the call was cancelled", call, runner)
        }
        do throws(PluginRequest.Refusal) {
            if let reason = active.take(bytes: bytes) ?? hourlyRefusal(bytes) {
                throw PluginRequest.Refusal(reason: reason)
            }
            let (usual, longest) = PusherLimits.requestTime
            let limit = timeLimit > 0 ? min(timeLimit, longest) : usual
            let request = try make(active, min(.milliseconds(limit), max(active.deadline - .now, .milliseconds(1))))
            let key = RunnerLoop.Request(
                pusher: settings.name, process: runner.process, call: call, number: number,
                isWriting: request.isWriting, bytes: bytes)
            active.requests[number] = key
            send(request, key, runner)
        } catch {
            let reason = error.reason + (error.grant.map { "; \(settings.admitted.refusalAdvice($0))" } ?? "")
            try logRefusal(active.call.target.name, reason)
            refuse(number, WireError.refused, "the host does not send it: \(reason)", call, runner)
        }
    }

    /// What an hour may have is spent.
    private func hourlyRefusal(_ bytes: Int) -> String? {
        requestsThisHour.take() && requestBytesThisHour.take(bytes)
            ? nil : "more requests than a pusher may make in an hour"
    }

    private func refuse(
        _ number: Int64, _ error: Int32, _ text: String, _ call: UInt32, _ runner: RunnerProcess
    ) {
        reply(WireResponse(number: number, error: error, errorText: text), nil, call, runner)
    }

    /// Sends a request now, or when the service's limits let it go. One that could not go in time is answered as the
    /// service would: with 429 and the time to wait.
    private func send(_ request: OutgoingRequest, _ key: RunnerLoop.Request, _ runner: RunnerProcess) {
        guard let active = runner.calls[key.call] else { return }
        let now = ContinuousClock.now
        if let until = pace.admit(request.method, &active.reservation, at: now) {
            guard until < active.deadline else {
                active.requests[key.number] = nil
                let seconds = (until - now).components.seconds + 1
                let message = WireResponse(
                    number: key.number, error: WireError.none, status: 429,
                    headers: [("retry-after", "\(seconds)"), ("x-keyturn", "held back")])
                return reply(message, nil, key.call, runner)
            }
            active.held.append(.init(request: request, key: key, until: until))
            return
        }
        start(request, key)
    }

    /// Sends what was held back and may go now.
    func sendHeld(of runner: RunnerProcess) {
        let now = ContinuousClock.now
        for active in runner.calls.values where active.held.contains(where: { $0.until <= now }) {
            let due = active.held.filter { $0.until <= now }
            active.held.removeAll { $0.until <= now }
            for held in due { send(held.request, held.key, runner) }
        }
    }

    private func start(_ request: OutgoingRequest, _ key: RunnerLoop.Request) {
        inFlight = (inFlight.requests + 1, inFlight.bytes + key.bytes)
        let loop = loop
        runner?.calls[key.call]?.requests[key.number]?.cancel = request.start(over: http) { end in
            loop.post(.answered(key, request, end))
        }
    }

    func answer(_ key: RunnerLoop.Request, _ sent: OutgoingRequest, _ end: OutgoingRequest.End) {
        inFlight = (inFlight.requests - 1, inFlight.bytes - key.bytes)
        learn(from: end.seenByPace)
        let result = end.result
        guard let runner, runner.process == key.process,
            let active = runner.calls[key.call], let request = active.requests[key.number]
        else { return }
        // A read that found no room among other answers is made again when some of them have ended.
        if case .failure(let error) = result, error.code == .crowded, !request.isWriting,
            .now + Self.crowdedWait < active.deadline
        {
            active.held.append(.init(request: sent, key: request, until: .now + Self.crowdedWait))
            return
        }
        active.requests[key.number] = nil
        active.note = end.note ?? active.note
        if request.isWriting, Self.mayHaveWritten(result) { active.hasWritten = true }
        switch result {
        case .success(let response):
            active.witness.take(response, isWriting: request.isWriting)
            active.requestID = RequestID.found(in: response) ?? active.requestID
            let message = WireResponse(
                number: key.number, error: WireError.none, status: response.status, headers: response.headers)
            reply(message, response.body, key.call, runner)
        case .failure(let error):
            if error.code == .refused { sayRefused(active.call.target.name, error.description) }
            let message = WireResponse(
                number: key.number, error: WireError.number(error.code),
                errorText: error.description)
            reply(message, nil, key.call, runner)
        }
    }

    /// As ``logRefusal(_:_:)``, where the pusher is not talking at the moment: the flood is seen at its next message.
    private func sayRefused(_ target: TargetName, _ reason: String) {
        do throws(ProtocolError) { try logRefusal(target, reason) } catch { lose { _ in error.description } }
    }

    /// How long a read waits that found no room.
    private static var crowdedWait: Duration { .milliseconds(250) }

    /// A request that was refused, or never reached the service, changed nothing; nor does one that it has no time for
    /// (503). What went wrong there may have, and so may the first of two that were sent.
    static func mayHaveWritten(_ result: Result<HTTPResponse, HTTPError>) -> Bool {
        switch result {
        case .success(let response):
            response.followsRepetition || !(400..<500).contains(response.status) && response.status != 503
        case .failure(let error): ![.refused, .unreachable, .tls].contains(error.code)
        }
    }

    private func learn(from response: HTTPResponse?) {
        let now = ContinuousClock.now
        let before = pace.pause(at: now)
        pace.learn(from: response, at: now)
        if before == nil, let end = pace.pause(at: now) {
            let seconds = (end - now).components.seconds + 1
            log(.warning, nil, "the service asks for a pause: nothing is sent with this token for \(seconds) s")
        }
    }

    private func reply(_ message: WireResponse, _ body: Secret?, _ call: UInt32, _ runner: RunnerProcess) {
        runner.send(.httpResponse, call: call, secrets: body.map { [$0] } ?? [], payload: message.payload)
    }
}
