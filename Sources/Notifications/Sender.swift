public import HTTP
internal import Programs
internal import Rotation
internal import Secrets

/// Sends one message to one destination, in bounded time.
public struct Sender: Sendable {
    /// The longest that one try may take.
    static let timeLimit: Duration = .seconds(10)

    let http: HTTPClient

    /// - Parameter http: for webhooks and Slack.
    public init(http: HTTPClient) { self.http = http }

    /// One try.
    ///
    /// - Parameter seconds: the time, in seconds since 1970.
    public func send(_ message: Message, to destination: Destination, at seconds: Int64) async throws(DeliveryError) {
        switch destination.way {
        case .webhook(let url, let secret):
            let body = message.json
            let signature = Signature.value(of: body, at: seconds, secret: secret)
            try await post(body, to: url, ["\(Signature.field): \(signature)"])
        case .slack(let url): try await post(message.slack, to: url, [])
        case .command(let program): try await run(program, message.json + "\n")
        }
    }

    private func run(_ program: Program, _ text: String) async throws(DeliveryError) {
        do throws(ProgramFailure) { _ = try await program.runInBackground(input: Array(text.utf8)) } catch {
            throw DeliveryError(description: "it \(error.outcome)", isPassing: error.code == .failed)
        }
    }

    private func post(_ body: String, to url: Secret, _ fields: [String]) async throws(DeliveryError) {
        let headers = ["Content-Type: application/json", "User-Agent: keyturn"] + fields
        let request = HTTPRequest(
            method: .post, url: url.withBytes { String(decoding: $0, as: UTF8.self) },
            headers: .text(headers.map { $0 + "\n" }.joined()), body: .text(body), timeout: Self.timeLimit,
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
