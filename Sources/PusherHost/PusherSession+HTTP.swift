internal import HTTP
internal import RunnerProtocol
internal import Secrets

/// `kt.http/1`, the host's side: the grant is checked, and the request is sent by the process's one client.
extension PusherSession {
    /// `kt_http_error`.
    private enum WireError {
        static let none: Int32 = 0
        static let refused: Int32 = 1

        static func number(_ code: HTTPError.Code) -> Int32 {
            switch code {
            case .refused: 1
            case .unreachable: 2
            case .lost: 3
            case .timedOut: 4
            case .tooLarge: 5
            case .cancelled: 6
            case .tls: 7
            }
        }
    }

    func send(
        _ wanted: WireRequest, _ call: UInt32, _ secrets: [[UInt8]], _ runner: RunnerProcess
    ) throws(ProtocolError) {
        guard let active = runner.calls[call], active.requests[wanted.number] == nil, secrets.count == 2 else {
            throw ProtocolError("a request that belongs to no call")
        }
        var (headers, body) = (secrets[0], secrets[1])
        let method = HTTPRequest.Method(rawValue: wanted.method)
        let refusal = method == nil ? "a method that is not sent" : settings.grant.refusal(of: wanted.url)
        guard let method, refusal == nil, !active.isCancelled else {
            let text = active.isCancelled ? "the call was cancelled" : "the host does not send it: \(refusal ?? "")"
            if let refusal { log(.warning, active.call.target.name, "a request was refused: \(refusal)") }
            let error = active.isCancelled ? WireError.number(.cancelled) : WireError.refused
            return reply(WireResponse(number: wanted.number, error: error, errorText: text), nil, call, runner)
        }
        let limit = wanted.timeLimit > 0 ? min(wanted.timeLimit, 120_000) : 30_000
        var request = HTTPRequest(
            method: method, url: wanted.url, headers: .taking(&headers),
            body: body.isEmpty ? nil : .taking(&body),
            timeout: min(.milliseconds(limit), max(active.deadline - .now, .milliseconds(1))))
        // What creates something is not harmless a second time.
        request.isSentOnce = method == .post
        request.mayBeLocal = settings.grant.mayBeLocal(wanted.url)
        let key = RunnerLoop.Request(
            pusher: settings.name, process: runner.process, call: call, number: wanted.number,
            isWriting: method != .get && method != .head)
        active.requests[wanted.number] = key
        send(request, key, runner)
    }

    /// Sends a request now, or when the service's limits let it go. One that could not go in time is answered as the
    /// service would: with 429 and the time to wait.
    private func send(_ request: HTTPRequest, _ key: RunnerLoop.Request, _ runner: RunnerProcess) {
        guard let active = runner.calls[key.call] else { return }
        let now = ContinuousClock.now
        if let until = pace.admit(request.method.rawValue, &active.reservation, at: now) {
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
        start(request, key, mayRepeat: !key.isWriting)
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

    /// A safe request whose answer was lost is sent once more: servers close kept connections without a word.
    private func start(_ request: HTTPRequest, _ key: RunnerLoop.Request, mayRepeat: Bool) {
        let loop = loop
        let ticket = loop.http.start(request) { result in
            if mayRepeat, case .failure(let error) = result, error.code == .lost {
                loop.http.start(request) { loop.post(.answered(key, $0)) }
            } else {
                loop.post(.answered(key, result))
            }
        }
        runner?.calls[key.call]?.requests[key.number]?.ticket = ticket
    }

    func answer(_ key: RunnerLoop.Request, _ result: Result<HTTPResponse, HTTPError>) {
        learn(from: try? result.get())
        guard let runner, runner.process == key.process,
            let active = runner.calls[key.call], let request = active.requests.removeValue(forKey: key.number)
        else { return }
        if request.isWriting, Self.mayHaveWritten(result) { active.hasWritten = true }
        switch result {
        case .success(let response):
            let message = WireResponse(
                number: key.number, error: WireError.none, status: response.status, headers: response.headers)
            reply(message, response.body, key.call, runner)
        case .failure(let error):
            if error.code == .refused {
                log(.warning, active.call.target.name, "a request was refused: \(error.description)")
            }
            let message = WireResponse(
                number: key.number, error: WireError.number(error.code), errorText: error.description)
            reply(message, nil, key.call, runner)
        }
    }

    /// A request that was refused, or never reached the service, changed nothing; nor does one that it has no time for
    /// (503). What went wrong there may have.
    static func mayHaveWritten(_ result: Result<HTTPResponse, HTTPError>) -> Bool {
        switch result {
        case .success(let response): !(400..<500).contains(response.status) && response.status != 503
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
