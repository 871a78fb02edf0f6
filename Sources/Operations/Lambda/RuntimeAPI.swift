internal import HTTP
internal import JSON
internal import PlainText
internal import Rotation
internal import Secrets

/// The Lambda Runtime API, version 2018-06-01, as AWS's guide to custom runtimes has it. All of it is plain HTTP to the address that
/// Lambda names in `AWS_LAMBDA_RUNTIME_API`, and to no other.
struct RuntimeAPI: Sendable {
    /// The variable of the environment that names the API's host and port.
    static let variable = "AWS_LAMBDA_RUNTIME_API"
    /// The largest event and the largest answer, in bytes: Lambda's quota for a payload.
    static let longestPayload = 6 << 20
    /// The longest message of an error, in bytes.
    private static let longestMessage = 4_000

    /// One event.
    struct Invocation: Sendable {
        /// Lambda's name for it.
        var id: String
        /// When Lambda ends the function, whatever it does.
        var deadline: Timestamp
        /// What came, which no one has looked at.
        var body: Secret
    }

    /// What a function's failure is called: `Category.Reason`, as the API wants it.
    struct ErrorType: Sendable {
        var text: String

        init(_ reason: String) { text = "Keyturn.\(reason)" }

        init(_ status: ExitStatus) {
            let reason =
                switch status {
                case .done, .failed: "Failed"
                case .usage: "Usage"
                case .unavailable: "Unavailable"
                case .unfinished: "Unfinished"
                case .notAllowed: "NotAllowed"
                case .configuration: "Configuration"
                }
            self.init(reason)
        }
    }

    /// Why there can be no further event in this process. It has to end.
    struct Failure: Error {
        var cause: OperationFailure

        init(_ status: ExitStatus, _ message: String) { cause = OperationFailure(status, message) }
    }

    /// How the API took an answer.
    enum Reception { case taken, outOfTurn, tooLarge }

    private let base: String
    private let http: HTTPClient

    /// - Parameter address: `HOST:PORT`.
    init(address: String) {
        base = "http://\(address)/2018-06-01/runtime"
        http = HTTPClient()
    }

    /// Ends its thread.
    func stop() { http.stop() }

    /// Waits for the next event, for as long as that takes. The process may be frozen in it.
    ///
    /// - Throws: where there can be no further event in this process.
    func next() async throws(Failure) -> Invocation {
        var request = request(.get, "/invocation/next", [])
        request.waitsWithoutEnd = true
        // What is a little larger is refused by its ID. What is much larger is not an event of Lambda's.
        request.responseLimit = 2 * Self.longestPayload
        let response = try await send(request)
        guard response.status == 200 else { throw failure("/invocation/next", response) }
        func field(_ name: String) -> String? { response.headers.first { $0.name == name }?.value }
        guard let id = field("lambda-runtime-aws-request-id"), Self.isID(id),
            let deadline = field("lambda-runtime-deadline-ms").flatMap({ Int64($0) })
        else {
            throw Failure(
                .failed,
                "an event of \(base) has no Lambda-Runtime-Aws-Request-Id or no Lambda-Runtime-Deadline-Ms: is \(Self.variable) right?"
            )
        }
        return Invocation(id: id, deadline: Timestamp(milliseconds: deadline), body: response.body)
    }

    /// Answers an event.
    ///
    /// - Throws: where the process has to end.
    func respond(_ document: [UInt8], to id: String) async throws(Failure) -> Reception {
        try await post("/invocation/\(id)/response", document, [])
    }

    /// Says that the function failed on an event, which counts in CloudWatch's metric `Errors`.
    ///
    /// - Throws: where the process has to end.
    func fail(_ message: String, _ type: ErrorType, on id: String) async throws(Failure) -> Reception {
        try await post("/invocation/\(id)/error", Self.body(message, type), [type])
    }

    /// Says that the function cannot start. The process ends after it.
    func failInit(_ message: String, _ type: ErrorType) async throws(Failure) {
        _ = try await post("/init/error", Self.body(message, type), [type])
    }

    private func post(
        _ path: String, _ body: [UInt8], _ types: [ErrorType]
    ) async throws(Failure) -> Reception {
        var request = request(
            .post, path,
            ["Content-Type: application/json"] + types.map { "Lambda-Runtime-Function-Error-Type: \($0.text)" })
        request.body = body.withUnsafeBytes { Secret(copying: $0) }
        // An answer is given once: a second one would be out of turn.
        request.isSentOnce = true
        let response = try await send(request)
        switch response.status {
        case 202: return .taken
        case 403: return .outOfTurn
        case 413: return .tooLarge
        default: throw failure(path, response)
        }
    }

    private func request(_ method: HTTPRequest.Method, _ path: String, _ fields: [String]) -> HTTPRequest {
        // libcurl waits a second for the word of a server that does not know `Expect`.
        let headers = (fields + ["Expect:"]).joined(separator: "\n")
        var request = HTTPRequest(method: method, url: base + path, headers: Secret.text(headers))
        request.reach = .runtime
        return request
    }

    private func send(_ request: HTTPRequest) async throws(Failure) -> HTTPResponse {
        do throws(HTTPError) { return try await http.send(request) } catch {
            throw Failure(.unavailable, "Lambda's runtime API at \(base) does not answer: \(error.description)")
        }
    }

    private func failure(_ path: String, _ response: HTTPResponse) -> Failure {
        let text = response.body.withBytes {
            PlainText.line(String(decoding: $0.prefix(400), as: UTF8.self), limit: 400)
        }
        return Failure(.failed, "Lambda's runtime API answers \(path) with status \(response.status): \(text)")
    }

    /// It becomes a part of a path.
    private static func isID(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D
            }
    }

    private static func body(_ message: String, _ type: ErrorType) -> [UInt8] {
        Array(
            JSONText.text(
                .object([
                    "errorMessage": .string(PlainText.line(message, limit: longestMessage)),
                    "errorType": .string(type.text), "stackTrace": .array([]),
                ])
            ).utf8)
    }
}
