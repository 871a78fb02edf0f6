internal import Glibc
public import HTTP
internal import JSON
internal import Programs
internal import Rotation
internal import Secrets

/// Sends one message to one destination, in bounded time.
public struct Sender: Sendable {
    /// The longest that one try may take.
    static let timeLimit: Duration = .seconds(10)

    let http: HTTPClient
    /// This machine's name, for those who have many.
    let host: String

    /// - Parameter http: for all that is reached by HTTP.
    public init(http: HTTPClient) {
        self.http = http
        var name = [CChar](repeating: 0, count: 256)
        host = gethostname(&name, name.count - 1) == 0 ? String(decoding: Self.bytes(name), as: UTF8.self) : "keyturn"
    }

    private static func bytes(_ text: [CChar]) -> [UInt8] { text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) } }

    /// One try.
    ///
    /// - Parameter seconds: the time, in seconds since 1970.
    public func send(_ message: Message, to destination: Destination, at seconds: Int64) async throws(DeliveryError) {
        switch destination.way {
        case .webhook(let url, let secret):
            let body = message.json
            let signature = Signature.value(of: body, at: seconds, secret: secret)
            try await post(.text(body), to: url, ["\(Signature.field): \(signature)"])
        case .slack(let url): try await post(.text(message.slack), to: url)
        case .teams(let url): try await post(.text(TeamsCard(message).json), to: url)
        case .pagerDuty(let url, let key): try await alert(message, url, key)
        case .email(let route): try await run(route.complete, route.letter(message, host: host))
        case .command(let program): try await run(program, message.json + "\n")
        }
    }

    private func alert(_ message: Message, _ url: String, _ key: Secret) async throws(DeliveryError) {
        // What opens nothing ends nothing.
        guard let event = PagerDutyEvent(message, source: host) else { return }
        let address = Secret.text("\(url)/v2/enqueue")
        try await post(event.body(with: key), to: address)
        guard message.event == "test" else { return }
        // A test leaves nothing open.
        var end = message
        end.endsIncident = true
        guard let resolving = PagerDutyEvent(end, source: host) else { return }
        try await post(resolving.body(with: key), to: address)
    }

    private func run(_ program: Program, _ text: String) async throws(DeliveryError) {
        do throws(ProgramFailure) { _ = try await program.runInBackground(input: Array(text.utf8)) } catch {
            throw DeliveryError(description: "it \(error.outcome)", isPassing: error.code == .failed)
        }
    }

    private func post(_ body: Secret, to url: Secret, _ fields: [String] = []) async throws(DeliveryError) {
        let headers = ["Content-Type: application/json", "User-Agent: keyturn"] + fields
        let request = HTTPRequest(
            method: .post, url: url.withBytes { String(decoding: $0, as: UTF8.self) },
            headers: .text(headers.map { $0 + "\n" }.joined()), body: body, timeout: Self.timeLimit,
            responseLimit: 64 << 10)
        let response: HTTPResponse
        do throws(HTTPError) { response = try await http.send(request) } catch {
            // Its own words may name the address.
            let words =
                switch error.code {
                case .refused: "the request could not be sent"
                case .unreachable: "it cannot be reached"
                case .lost: "the connection was lost"
                case .timedOut: "it did not answer in time"
                case .tooLarge, .crowded: "its answer is too large"
                case .cancelled: "keyturn is stopping"
                case .tls: "its certificate cannot be trusted"
                }
            throw DeliveryError(description: words, isPassing: error.code != .tls && error.code != .refused)
        }
        guard (200..<300).contains(response.status) else {
            let isPassing = response.status >= 500 || response.status == 429 || response.status == 408
            throw DeliveryError(description: "it answered \(response.status)", isPassing: isPassing)
        }
    }
}
