internal import FoundationEssentials
internal import HTTP
internal import Rotation
internal import Secrets

/// Calls of AWS's Query protocol: POST of a form, XML back, signed, and retried by the rules of AWS's standard mode.
///
/// The rules are those of botocore's `retries/standard.py`: three tries on connection errors, time-outs, 500, 502, 503,
/// 504 and throttling; the wait is `rand(0,1) · min(2^(n-1), 20)` seconds; a bucket of 500 tokens, of which a retry
/// costs 5, or 10 after a time-out.
struct QueryClient: Sendable {
    /// Whether a call may be sent a second time when the fate of the first is not known.
    enum Repeatability { case safe, never }

    let account: Account
    let http: HTTPClient
    let environment: [String: String]
    let retries: RetryBudget
    let clock: AWSClock
    /// Whether a call may be sent; nil: always.
    var permit: (@Sendable () -> Bool)?

    /// - Parameter credentials: nil: the call is not signed.
    func call(
        _ service: Service, _ action: String, _ parameters: [(String, String)], as credentials: Credentials?,
        _ repeatability: Repeatability = .safe
    ) async throws(AWSError) -> XMLElement {
        var attempt = 1
        var resignings = 0
        while true {
            let failure: AWSError
            do {
                let sent = clock.localNow
                let reply = try await send(service, action, parameters, credentials, repeatability)
                let date = reply.headers.first { $0.name == "date" }?.value
                guard var error = AWSReply.error(in: reply, action, signedWith: credentials?.pair.id.rawValue ?? "")
                else {
                    if credentials != nil { clock.note(date: date, sent: sent, received: clock.localNow) }
                    retries.succeeded()
                    return try AWSReply.document(in: reply, action)
                }
                if error.isSkew {
                    // Such a refusal is definite, so even CreateAccessKey may be made once more, by AWS's clock.
                    // Two clocks behind one address would go on for ever.
                    if resignings < 2, !Task.isCancelled,
                        clock.noteRefusal(message: error.error.description, date: date)
                    {
                        resignings += 1
                        continue
                    }
                    error.error = Self.explainSkew(error.error, clock)
                }
                guard error.isRepeatable(repeatability), attempt < 3, retries.take(5) else { throw error.error }
                failure = error.error
            } catch let error as HTTPError {
                failure = Self.explain(error, action, account.endpoint(of: service, environment))
                let isHarmless = repeatability == .safe || error.code == .unreachable
                let isPassing = [.unreachable, .lost, .timedOut].contains(error.code)
                guard isHarmless, isPassing, attempt < 3, retries.take(error.code == .timedOut ? 10 : 5) else {
                    throw failure
                }
            } catch let error as AWSError {
                // A proxy's refusal may come after the effect; AWS's own says so in its document.
                guard repeatability == .never, error.awsCode == nil, [.refused, .denied].contains(error.code) else {
                    throw error
                }
                throw AWSError(.lost, error.description)
            } catch {
                throw AWSError(.refused, "\(action): \(error)")
            }
            let wait = Double.random(in: 0...1) * min(Double(1 << (attempt - 1)), 20)
            attempt += 1
            do { try await Task.sleep(for: .seconds(wait)) } catch { throw failure }
        }
    }

    private func send(
        _ service: Service, _ action: String, _ parameters: [(String, String)], _ credentials: Credentials?,
        _ repeatability: Repeatability
    ) async throws(HTTPError) -> HTTPResponse {
        let form = ([("Action", action), ("Version", service.version)] + parameters)
            .map { "\(Self.escape($0.0))=\(Self.escape($0.1))" }.joined(separator: "&")
        let text = account.endpoint(of: service, environment)
        let url = try Self.url(text.hasSuffix("/") ? text : text + "/")
        var fields = [(name: "Content-Type", value: "application/x-www-form-urlencoded; charset=utf-8"), url.host]
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
                pair: credentials.pair, region: account.signingRegion(of: service), service: service.rawValue,
                date: date)
            let value = signature.authorization(path: url.path, fields: fields, body: Array(form.utf8))
            fields.append(("Authorization", value))
        }
        var request = HTTPRequest(
            method: .post, url: url.text, headers: .text(fields.map { "\($0.name): \($0.value)\n" }.joined()),
            body: .text(form), timeout: .seconds(20), responseLimit: 1 << 20)
        request.isSentOnce = repeatability == .never
        request.permit = permit
        request.authorities = ProfileSettings(of: account, environment).authorities
        return try await http.send(request)
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

    private static func escape(_ text: String) -> String {
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        return text.utf8.map { byte in
            plain.contains(byte)
                ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }

    /// A clock that is off is neither a matter of permissions nor of the key.
    private static func explainSkew(_ error: AWSError, _ clock: AWSClock) -> AWSError {
        let words = clock.complaint ?? "this machine's clock and AWS's differ: set this machine's (NTP)"
        return AWSError(.refused, "\(error.description): \(words)", awsCode: error.awsCode)
    }

    private static func explain(_ error: HTTPError, _ action: String, _ endpoint: String) -> AWSError {
        let code: AWSError.Code =
            switch error.code {
            case .unreachable, .tls, .refused: .unreachable
            case .lost, .timedOut, .cancelled, .tooLarge, .crowded: .lost
            }
        return AWSError(code, "\(action) at \(endpoint): \(error.description)")
    }
}
