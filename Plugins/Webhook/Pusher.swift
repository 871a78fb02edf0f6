import PusherKit

/// Sends key pairs to a receiver of the operator's, signed.
struct Webhook: Pusher {
    /// Shorter ones can be guessed from a request that someone has kept.
    private static let shortestSecret = 16

    private let endpoint: Endpoint
    private let secret: SecretBytes

    init(configuration: TokenConfiguration) throws(PushFailure) {
        endpoint = try configuration.endpoint(of: "Webhook")
        secret = configuration.token
        guard secret.count >= Self.shortestSecret else {
            throw PushFailure(
                .invalidConfiguration,
                "Webhook: token has less than \(Self.shortestSecret) characters: make one with `openssl rand -hex 32`")
        }
    }

    /// A signed request that changes nothing, to which a receiver says yes where it would take a pair.
    func check(_ target: Target, call: borrowing Call) throws(PushFailure) -> String {
        let response = try send(.get, nil, to: target, call: call)
        if response.status == 405 || response.status == 501, !response.isPage {
            return
                "\(target.subject): the receiver answers, and takes no GET: whether it accepts the signature shows at the first push"
        }
        _ = try keyID(in: response, target)
        return "\(target.subject): the receiver answers, and accepts the signature"
    }

    func push(_ pair: borrowing KeyPair, to target: Target, call: borrowing Call) throws(PushFailure) -> Confirmation {
        var body = JSONBody()
        body.set("version", 1)
        body.set("action", "push")
        body.set("path", target.path)
        body.set("access-key-id", pair.accessKeyID)
        body.set("secret-access-key", pair.secretAccessKey)
        body.set(
            "variables",
            [
                (name: "access-key-id", value: target.accessKeyID),
                (name: "secret-access-key", value: target.secretAccessKey),
            ])
        let response = try send(.post, body.bytes(), to: target, call: call)
        guard response.isYes(200, 201, 202, 204) else { throw Answers(target: target).failure(response) }
        let words = response.status == 202 ? "took it and has not finished" : "says that it is done"
        return Confirmation(.acknowledged, "\(target.subject): the receiver \(words) (\(response.status))")
    }

    /// What a receiver says to the same request as in a check, if it says anything.
    func inspect(_ target: Target, call: borrowing Call) throws(PushFailure) -> Inspection {
        let response = try send(.get, nil, to: target, call: call)
        guard let keyID = try keyID(in: response, target) else {
            return Inspection(keyID: nil, message: "\(target.subject): the receiver does not say which key it holds")
        }
        return Inspection(keyID: keyID, message: "\(target.subject): the receiver holds \(oneLine(keyID, limit: 128))")
    }

    /// The key ID that the receiver names; nil: it says yes, and names none.
    private func keyID(in response: HTTPResponse, _ target: Target) throws(PushFailure) -> String? {
        if response.isYes(204) { return nil }
        // Any other yes could be that of something on the way.
        guard response.isYes(200), let held = response.json(Held.self) else {
            throw Answers(target: target).failure(response)
        }
        return held.keyID
    }

    private func send(
        _ method: HTTPRequest.Method, _ body: SecretBytes?, to target: Target, call: borrowing Call
    ) throws(PushFailure) -> HTTPResponse {
        guard
            let signature = Signature.value(of: body ?? SecretBytes(""), at: call.now.seconds, secret: secret)
        else { throw PushFailure(.internal, "\(target.subject): libsodium cannot sign") }
        var request = HTTPRequest(method, endpoint.url(target.segments))
        request.setHeader(Signature.field, signature)
        request.setHeader("User-Agent", "keyturn-webhook/1.0.0")
        if let body { request.setBody(body, type: "application/json") }
        return try call.http(request, about: target.subject)
    }
}
