internal import HTTP
internal import Rotation
internal import Secrets

/// What all protocols of AWS have in common: a POST that is signed, by AWS's clock where this machine's is off, and
/// sent again by the rules of AWS's SDKs.
///
/// A bucket of 500 tokens, of which a retry costs 5, or 10 after a time-out, ends retrying when most calls fail
/// (botocore's `retries/standard.py`).
struct SignedClient: Sendable {
    /// One call, complete.
    struct Call {
        let service: Service
        /// For error texts, such as `CreateAccessKey`.
        let action: String
        /// Header fields of the protocol, which are signed.
        let fields: [(name: String, value: String)]
        let body: Secret
        var repeatability = Repeatability.safe
        /// The largest answer that is taken, in bytes.
        var responseLimit = 1 << 20
        /// Whether an error of a later try must not hide that an earlier one may have had an effect: it becomes `lost`.
        var remembersDoubt = false
        /// When the caller must have an answer; nil: each try has its time, and their number is the bound.
        var deadline: ContinuousClock.Instant?
    }

    let account: Account
    let http: HTTPClient
    let environment: [String: String]
    let retries: RetryBudget
    let clock: AWSClock
    /// Whether a call may be sent; nil: always.
    var permit: (@Sendable () -> Bool)?

    private enum Outcome {
        case answered(HTTPResponse)
        /// AWS did not take the time of the signature, and said which one it wants.
        case refusedForTime(AWSError)
        /// - cost: of a retry, in tokens; nil: it must not be sent again.
        /// - isDoubtful: it may have had an effect, or one that libcurl sent before it on a connection that ended.
        case failed(AWSError, cost: Int?, isDoubtful: Bool)
    }

    /// - Parameters:
    ///   - credentials: nil: the call is not signed.
    ///   - refusal: reads an answer as the protocol's error; nil: it is none.
    func answer(
        to call: Call, as credentials: Credentials?, refusal: (HTTPResponse) -> AWSReply.Refusal?
    ) async throws(AWSError) -> HTTPResponse {
        let rules = call.service.retryRules
        let began = ContinuousClock.now
        var (attempt, resignings, isDoubtful) = (1, 0, false)
        while true {
            let failure: AWSError
            switch await outcome(of: call, as: credentials, refusal, mayResign: resignings < 2) {
            case .answered(let reply): return reply
            case .refusedForTime:
                // Such a refusal is definite, so even CreateAccessKey may be made once more, by AWS's clock.
                resignings += 1
                continue
            case .failed(let error, let cost, let isInDoubt):
                isDoubtful = isDoubtful || isInDoubt
                failure = isDoubtful && call.remembersDoubt ? Self.doubtful(error) : error
                guard let cost, attempt < rules.tries, retries.take(cost) else { throw failure }
            }
            let wait = rules.wait(after: attempt)
            if let patience = rules.patience, .now + wait > began + patience { throw failure }
            if let deadline = call.deadline, .now + wait > deadline { throw failure }
            attempt += 1
            do { try await Task.sleep(for: wait) } catch { throw failure }
        }
    }

    private func outcome(
        of call: Call, as credentials: Credentials?, _ refusal: (HTTPResponse) -> AWSReply.Refusal?, mayResign: Bool
    ) async -> Outcome {
        do throws(HTTPError) {
            let sent = clock.localNow
            let reply = try await send(call, credentials)
            let date = reply.headers.first { $0.name == "date" }?.value
            guard var refused = refusal(reply) else {
                if credentials != nil { clock.note(date: date, sent: sent, received: clock.localNow) }
                retries.succeeded()
                return .answered(reply)
            }
            if refused.isSkew {
                // Two clocks behind one address would go on for ever.
                if mayResign, !Task.isCancelled, clock.noteRefusal(message: refused.error.description, date: date) {
                    return .refusedForTime(refused.error)
                }
                refused.error = Self.explainSkew(refused.error, clock)
            }
            let mayRepeat = refused.isRepeatable(call.repeatability)
            var error = refused.error
            // A proxy's refusal may come after the effect; AWS's own says so in its document.
            if !mayRepeat, call.repeatability == .never, error.awsCode == nil,
                [.refused, .denied].contains(error.code)
            {
                error.code = .lost
            }
            return .failed(
                error, cost: mayRepeat ? 5 : nil,
                isDoubtful: refused.isServerFault || error.awsCode == nil || reply.followsRepetition)
        } catch {
            let failure = explain(error, call)
            let isHarmless = call.repeatability == .safe || error.code == .unreachable
            let isPassing = [.unreachable, .lost, .timedOut].contains(error.code)
            let cost = error.code == .timedOut ? 10 : 5
            return .failed(
                failure, cost: isHarmless && isPassing ? cost : nil, isDoubtful: failure.code == .lost)
        }
    }

    private static func doubtful(_ error: AWSError) -> AWSError {
        if error.code == .lost { return error }
        var doubtful = error
        (doubtful.code, doubtful.isDoubtful) = (.lost, true)
        doubtful.description += "; an earlier try may have had an effect"
        return doubtful
    }

    private func send(_ call: Call, _ credentials: Credentials?) async throws(HTTPError) -> HTTPResponse {
        let text = account.endpoint(of: call.service, environment)
        let url = try Self.url(text.hasSuffix("/") ? text : text + "/")
        var fields = call.fields + [url.host]
        if let credentials {
            let date = clock.signingDate ?? AmazonTime.text(clock.localNow)
            fields.append(("X-Amz-Date", date))
            try credentials.sessionToken?.withBytes { token throws(HTTPError) in
                // A line break would end the field.
                guard token.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                    throw HTTPError(.refused, "the session token has characters that no header field may have")
                }
                fields.append(("X-Amz-Security-Token", String(decoding: token, as: UTF8.self)))
            }
            guard
                credentials.pair.id.rawValue.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x2F && $0 != 0x2C })
            else {
                throw HTTPError(.refused, "the access key ID has characters that no access key ID has")
            }
            let signature = RequestSignature(
                pair: credentials.pair, region: account.signingRegion(of: call.service), service: call.service.name,
                date: date)
            let value = signature.authorization(path: url.path, fields: fields, body: call.body)
            fields.append(("Authorization", value))
        }
        var request = HTTPRequest(
            method: .post, url: url.text, headers: .text(fields.map { "\($0.name): \($0.value)\n" }.joined()),
            body: call.body, timeout: Self.timeout(of: call), responseLimit: call.responseLimit)
        request.isSentOnce = call.repeatability == .never
        request.permit = permit
        request.authorities = ProfileSettings(of: account, environment).authorities
        return try await http.send(request)
    }

    /// How long one try may take.
    private static func timeout(of call: Call) -> Duration {
        let usual = Duration.seconds(20)
        return call.deadline.map { min(usual, max(.milliseconds(1), $0 - .now)) } ?? usual
    }

    /// What is signed of a URL: its path, and the field that names its host, with a port that is not the usual one.
    private static func url(
        _ text: String
    ) throws(HTTPError) -> (text: String, path: String, host: (name: String, value: String)) {
        do throws(HTTPURL.Malformed) {
            let url = try HTTPURL(text)
            let isUsual = url.port == (url.scheme == .https ? 443 : 80)
            let path =
                text.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).dropFirst(3).first ?? ""
            return (text, "/\(path)", ("Host", isUsual ? url.host : "\(url.host):\(url.port)"))
        } catch { throw HTTPError(.refused, error.description) }
    }

    /// A clock that is off is neither a matter of permissions nor of the key.
    private static func explainSkew(_ error: AWSError, _ clock: AWSClock) -> AWSError {
        let words = clock.complaint ?? "this machine's clock and AWS's differ: set this machine's (NTP)"
        var error = error
        (error.code, error.description) = (.refused, "\(error.description): \(words)")
        return error
    }

    private func explain(_ error: HTTPError, _ call: Call) -> AWSError {
        let code: AWSError.Code =
            switch error.code {
            case .unreachable, .tls, .refused: .unreachable
            case .lost, .timedOut, .cancelled, .tooLarge, .crowded: .lost
            }
        var words = "\(call.action) at \(account.endpoint(of: call.service, environment)): \(error.description)"
        if error.code == .unreachable {
            let setting = account.configuredEndpoint(of: call.service, environment)?.setting
            words +=
                setting.map { "; \($0) names this address: check it, and that its server runs" }
                ?? "; check network and proxy: `keyturn doctor --online` shows them"
        }
        return AWSError(code, words, cause: .transport(error.code))
    }
}
