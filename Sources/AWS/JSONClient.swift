public import HTTP
public import JSON
public import Rotation
public import Secrets

/// Calls of AWS's JSON protocol, 1.0 and 1.1, for one service: POST of a JSON object, JSON back, the operation in
/// `X-Amz-Target`.
///
/// Signing, AWS's clock, renewal of credentials and retries are those of the Query protocol; what passes by itself is
/// decided by the service's own error codes.
public struct JSONClient: Sendable {
    private let service: Service
    private let source: any CredentialSource
    private var client: SignedClient

    /// - Parameters:
    ///   - service: one that talks JSON.
    ///   - account: where it is reached.
    ///   - source: credentials, asked for each call.
    ///   - environment: for `AWS_ENDPOINT_URL` and its like.
    ///   - clock: what is known of AWS's clock.
    public init(
        _ service: Service, account: Account, source: any CredentialSource, http: HTTPClient,
        environment: [String: String], clock: AWSClock = AWSClock()
    ) {
        (self.service, self.source) = (service, source)
        client = SignedClient(
            account: account, http: http, environment: environment, retries: RetryBudget(), clock: clock)
    }

    /// The same, whose calls are sent only while that holds.
    ///
    /// - Parameter permit: asked right before each call is sent, from another thread.
    public func permitted(by permit: @escaping @Sendable () -> Bool) -> JSONClient {
        var copy = self
        copy.client.permit = permit
        return copy
    }

    /// The time by AWS's clock, as the `Date` of its answers shows it; this machine's until the first one.
    public var now: Timestamp { client.clock.now }

    /// The base URL that calls go to.
    public var endpoint: String { client.account.endpoint(of: service, client.environment) }

    /// One call.
    ///
    /// - Parameters:
    ///   - operation: such as `GetItem`.
    ///   - input: an object. It is written once: what is sent again is the same, byte for byte.
    ///   - codes: errors that are an answer for the caller, who reads more than their text.
    ///   - repeatability: whether it may be sent again when the fate of the first is not known.
    ///   - responseLimit: the largest answer that is taken, in bytes.
    /// - Throws: `lost` where this try or an earlier one may have had an effect.
    public func call(
        _ operation: String, _ input: JSONValue, answeredBy codes: Set<String> = [],
        _ repeatability: Repeatability = .safe, responseLimit: Int = 1 << 20
    ) async throws(AWSError) -> JSONReply {
        let call = wire(operation, input, repeatability, responseLimit)
        return try await source.authorized(try await source.current()) { credentials throws(AWSError) in
            try await answer(to: call, as: credentials, codes)
        }.reply
    }

    /// One call whose answer holds a secret, of which nothing else is read.
    ///
    /// - Parameters:
    ///   - operation: such as `GetSecretValue`.
    ///   - input: an object.
    ///   - path: the names of members that lead to the text in the answer.
    ///   - responseLimit: the largest answer that is taken, in bytes.
    /// - Throws: `noSuchEntity` where the answer has no such text. No error holds anything of an answer that is not an error of AWS's.
    public func secret(
        _ operation: String, _ input: JSONValue, at path: [String], responseLimit: Int = 64 << 10
    ) async throws(AWSError) -> Secret {
        var call = wire(operation, input, .safe, responseLimit)
        // It reads: there is no effect that an error could hide.
        call.remembersDoubt = false
        let body = try await source.authorized(try await source.current()) { credentials throws(AWSError) in
            let key = credentials.pair.id.rawValue
            return try await client.answer(to: call, as: credentials) { reply in
                AWSReply.jsonError(in: reply, operation, signedWith: key)
            }.body
        }.reply
        do throws(SecretText.Failure) { return try SecretText.take(path, from: body) } catch {
            switch error {
            case .malformed: throw AWSError(.lost, "\(operation): AWS answered with something that is not its JSON")
            case .missing:
                throw AWSError(.noSuchEntity, "\(operation): the answer has no \(path.joined(separator: "."))")
            }
        }
    }

    private func wire(
        _ operation: String, _ input: JSONValue, _ repeatability: Repeatability, _ responseLimit: Int
    ) -> SignedClient.Call {
        guard case .json(let version, let target) = service.wire else {
            preconditionFailure("\(service.name) does not talk JSON")
        }
        return SignedClient.Call(
            service: service, action: operation,
            fields: [
                (name: "Content-Type", value: "application/x-amz-json-\(version)"),
                (name: "X-Amz-Target", value: "\(target).\(operation)"),
            ], body: .text(input.text), repeatability: repeatability, responseLimit: responseLimit, remembersDoubt: true
        )
    }

    private func answer(
        to call: SignedClient.Call, as credentials: Credentials, _ codes: Set<String>
    ) async throws(AWSError) -> JSONReply {
        let key = credentials.pair.id.rawValue
        let reply = try await client.answer(to: call, as: credentials) { reply in
            guard let refusal = AWSReply.jsonError(in: reply, call.action, signedWith: key) else { return nil }
            // What passes is waited for also where the caller could read it.
            let isAnswer = refusal.error.awsCode.map(codes.contains) == true
            return isAnswer && !refusal.isRepeatable(call.repeatability) ? nil : refusal
        }
        guard let document = reply.body.withBytes({ JSONValue(parsing: $0) }), document.object != nil else {
            throw AWSError(.lost, "\(call.action): AWS answered \(reply.status) with something that is not its JSON")
        }
        return JSONReply(document: document, refusal: AWSReply.jsonError(in: reply, call.action)?.error)
    }
}

/// What a service answered.
public struct JSONReply: Sendable {
    /// The object.
    public var document: JSONValue
    /// The error that it is; nil: none. One of those that the caller said it reads.
    public var refusal: AWSError?
}
