import FoundationEssentials
import JSON

extension Fault {
    /// What the client gets instead of the service's own reply.
    var reply: Reply {
        if closes { return .dropped }
        if isGarbage { return garbage }
        let status = status ?? 500
        var reply =
            switch service {
            case .aws: awsReply(status)
            case .travis: Reply.text(status, body ?? "Retry later\n")
            case .gitlab: gitlabReply(status)
            case .github: Reply.json(status, ["message": .string(githubMessage(status)), "status": "\(status)"])
            }
        if let body { reply.body = Data(body.utf8) }
        if status == 204 { reply = .empty(204) }
        if let retryAfterSeconds { reply.headers.append(("Retry-After", String(retryAfterSeconds))) }
        return reply.adding(headers.map { ($0.key, $0.value) })
    }

    private var garbage: Reply {
        let type = service == .aws ? "text/xml" : "application/json"
        return .text(status ?? 200, body ?? "<\u{1}{[\"not a reply", type: type)
    }

    private func awsReply(_ status: Int) -> Reply {
        let code =
            switch status {
            case 400, 429: "Throttling"
            case 403: "AccessDenied"
            case 404: "NoSuchEntity"
            case 409: "LimitExceeded"
            case 503: "ServiceUnavailable"
            default: status < 500 ? "ValidationError" : "InternalFailure"
            }
        let message = code == "Throttling" ? "Rate exceeded" : "A fault that was asked for."
        return AWSError(code: code, status: status, message: message).reply(namespace: AWSNamespace.iam)
    }

    private func gitlabReply(_ status: Int) -> Reply {
        status == 429
            ? .text(429, "Retry later\n")
            : .json(status, ["message": "\(status) \(status < 500 ? "Refused" : "Error")"])
    }

    private func githubMessage(_ status: Int) -> String {
        status == 403 || status == 429
            ? "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
            : "A fault that was asked for."
    }
}
