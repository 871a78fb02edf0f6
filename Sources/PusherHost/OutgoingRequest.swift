internal import HTTP

/// A request of a pusher's on its way to a service, whichever service of the host it was asked for by.
enum OutgoingRequest: Sendable {
    /// By `kt.http/1`.
    case http(HTTPRequest)
    /// By `kt.aws/1`.
    case aws(AWSRequest, any AWSSigner)

    /// How one ended.
    struct End: Sendable {
        var result: Result<HTTPResponse, HTTPError>
        /// Whether it is a refusal because of too many requests, by whatever status.
        var isThrottling = false
        /// For the operator alone.
        var note: String?

        /// The answer as it says how fast the service may be asked.
        var seenByPace: HTTPResponse? {
            guard case .success(var response) = result else { return nil }
            if isThrottling { response.status = 429 }
            return response
        }
    }

    /// The method by which the service's limits count it: all requests to AWS are a POST.
    var method: String {
        switch self {
        case .http(let request): request.method.rawValue
        case .aws(let request, _): request.operation.isWriting ? "PUT" : "GET"
        }
    }

    /// Whether it may change something.
    var isWriting: Bool { method != "GET" && method != "HEAD" }

    /// Sends it.
    ///
    /// - Parameter completion: is called once, on some thread.
    /// - Returns: what gives it up.
    func start(over http: HTTPClient, _ completion: @escaping @Sendable (End) -> Void) -> @Sendable () -> Void {
        switch self {
        case .http(let request):
            let mayRepeat = !isWriting
            let ticket = http.start(request) { result in
                // A safe request whose answer was lost is sent once more: servers close kept connections without a word.
                if mayRepeat, case .failure(let error) = result, error.code == .lost {
                    http.start(request) { completion(End(result: $0)) }
                } else {
                    completion(End(result: result))
                }
            }
            return { http.cancel(ticket) }
        case .aws(let request, let signer):
            let task = Task {
                switch await signer.send(request, over: http) {
                case .success(let answer):
                    completion(
                        End(result: .success(answer.response), isThrottling: answer.isThrottling, note: answer.note))
                case .failure(let failure): completion(End(result: .failure(failure.error), note: failure.note))
                }
            }
            return { task.cancel() }
        }
    }
}
