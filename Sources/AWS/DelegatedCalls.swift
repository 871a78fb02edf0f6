public import HTTP
internal import JSON
internal import Rotation
public import Secrets

/// Calls of AWS's JSON protocol that someone writes who must not have the credentials, signed with one identity.
///
/// What comes back is AWS's answer without anything that says how the call was signed: AWS repeats in its errors what it was sent, the
/// session token among it.
public struct DelegatedCalls: Sendable {
    /// One call.
    public struct Call: Sendable {
        /// The service, by the name that its signatures have.
        public var service: String
        /// `PutParameter`.
        public var operation: String
        /// nil: the account's.
        public var region: String?
        /// A JSON object; nil: an empty one.
        public var body: Secret?
        /// Whether it is sent again where the fate of the first is not known.
        public var repeatability: Repeatability
        /// When there must be an answer.
        public var deadline: ContinuousClock.Instant
        /// The largest answer that is taken, in bytes.
        public var responseLimit: Int
        /// Is asked right before each try, from another thread; nil: it may be sent.
        public var permit: (@Sendable () -> Bool)?

        /// A call.
        public init(
            _ service: String, _ operation: String, region: String?, body: Secret?, repeatability: Repeatability,
            deadline: ContinuousClock.Instant, responseLimit: Int, permit: (@Sendable () -> Bool)?
        ) {
            (self.service, self.operation, self.region, self.body) = (service, operation, region, body)
            (self.repeatability, self.deadline) = (repeatability, deadline)
            (self.responseLimit, self.permit) = (responseLimit, permit)
        }
    }

    /// AWS's answer.
    public struct Answer: Sendable {
        /// The status.
        public var status: Int
        /// The code of the error; nil: it is none, or has none.
        public var code: String?
        /// AWS's ID of the request.
        public var request: String?
        /// AWS's own where it is a yes; an error's is made here.
        public var body: Secret
        /// Whether it is a refusal because of too many requests.
        public var isThrottling = false
        /// Whether a try before it may have had an effect.
        public var isDoubtful = false
        /// What AWS said of the identity, for the operator alone; nil: nothing.
        public var note: String?
    }

    /// Why there is none.
    public struct Failure: Error {
        /// For the one who asked: nothing of the credentials is in it.
        public var error: HTTPError
        /// For the operator alone; nil: nothing.
        public var note: String?
    }

    private let account: Account
    private let source: any CredentialSource
    private let environment: [String: String]
    private let clock: AWSClock
    private let retries = RetryBudget()

    /// - Parameters:
    ///   - account: whose identity signs.
    ///   - source: its credentials.
    ///   - environment: for `AWS_ENDPOINT_URL` and its like.
    ///   - clock: what is known of AWS's clock.
    public init(account: Account, source: any CredentialSource, environment: [String: String], clock: AWSClock) {
        (self.account, self.source, self.environment, self.clock) = (account, source, environment, clock)
    }

    /// The services whose operations can be asked for.
    public static var services: [String] { Service.delegated.keys.sorted() }

    /// Makes a call.
    ///
    /// - Parameter http: sends it.
    public func make(_ call: Call, over http: HTTPClient) async throws(Failure) -> Answer {
        guard let service = Service.delegated[call.service], case .json(let version, let target) = service.wire else {
            throw Failure(error: HTTPError(.refused, "keyturn makes no calls of \(call.service) for others"))
        }
        var place = account
        place.region = call.region ?? account.region
        guard place.partition == account.partition else {
            throw Failure(
                error: HTTPError(.refused, "\(place.region) is in another partition of AWS than \(account.region)"))
        }
        var client = SignedClient(account: place, http: http, environment: environment, retries: retries, clock: clock)
        client.permit = call.permit
        let wire = SignedClient.Call(
            service: service, action: call.operation,
            fields: [
                (name: "Content-Type", value: "application/x-amz-json-\(version)"),
                (name: "X-Amz-Target", value: "\(target).\(call.operation)"),
            ], body: call.body ?? .text("{}"), repeatability: call.repeatability, responseLimit: call.responseLimit,
            remembersDoubt: true, deadline: call.deadline)
        return try await answer(to: wire, client)
    }

    private func answer(to call: SignedClient.Call, _ client: SignedClient) async throws(Failure) -> Answer {
        let first: Credentials
        do throws(AWSError) { first = try await source.current() } catch { throw withoutCredentials(error) }
        // What AWS said last to the call itself, and who had signed: renewing credentials fails in its own ways.
        var ended: (error: AWSError, signer: Credentials, isThrottling: Bool)?
        let made: (reply: HTTPResponse, used: Credentials)
        do throws(AWSError) {
            made = try await source.authorized(first) { credentials throws(AWSError) in
                var isThrottling = false
                do throws(AWSError) {
                    return try await client.answer(to: call, as: credentials) { reply in
                        let refusal = AWSReply.jsonError(in: reply, call.action)
                        isThrottling = refusal?.isThrottling ?? false
                        return refusal
                    }
                } catch {
                    ended = (error, credentials, isThrottling)
                    throw error
                }
            }
        } catch {
            guard let ended, ended.error == error else { throw withoutCredentials(error) }
            return try refusal(error, signedBy: ended.signer, isThrottling: ended.isThrottling)
        }
        return try yes(made.reply, call, signedBy: made.used)
    }
}

extension DelegatedCalls {
    /// Errors about who signed and how. AWS repeats in them what it computed the signature over.
    private static let identityCodes: Set<String> = [
        "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", "SignatureDoesNotMatch",
        "InvalidSignatureException", "IncompleteSignature", "IncompleteSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException", "AuthFailure", "ExpiredToken", "ExpiredTokenException", "RequestExpired",
        "RequestTimeTooSkewed", "RequestInTheFuture",
    ]

    private func yes(
        _ reply: HTTPResponse, _ call: SignedClient.Call, signedBy signer: Credentials
    ) throws(Failure) -> Answer {
        guard reply.body.count == 0 || SecretText.isJSON(reply.body) else {
            throw Failure(
                error: HTTPError(
                    .lost, "\(call.action): AWS answered \(reply.status) with something that is not its JSON"))
        }
        guard !Self.secrets(of: signer).contains(where: { Self.holds($0, in: reply.body) }) else {
            throw Failure(
                error: HTTPError(.lost, "\(call.action): the answer repeats what only keyturn may know"),
                note: "the service at the configured endpoint repeats the credentials that it is called with")
        }
        return Answer(
            status: reply.status, request: reply.headers.first { $0.name == "x-amzn-requestid" }?.value,
            body: reply.body, isDoubtful: reply.followsRepetition)
    }

    private func refusal(
        _ error: AWSError, signedBy signer: Credentials, isThrottling: Bool
    ) throws(Failure) -> Answer {
        let redactor = Redactor(Self.secrets(of: signer) + [.text(signer.pair.id.rawValue)])
        switch error.cause {
        case .answer(let status, let message, let request):
            let isOfIdentity = error.awsCode.map(Self.identityCodes.contains) ?? false
            let words = isOfIdentity ? "AWS does not accept the identity of this pusher" : redactor.redact(message)
            var document: [String: JSONValue] = ["message": .string(words)]
            document["__type"] = error.awsCode.map { .string($0) }
            return Answer(
                status: status, code: error.awsCode, request: request, body: .text(JSONValue.object(document).text),
                isThrottling: isThrottling, isDoubtful: error.isDoubtful || error.code == .lost,
                note: isOfIdentity ? redactor.redact("\(error.description) (signed with \(signer.source))") : nil)
        case .transport(let code): throw Failure(error: HTTPError(code, redactor.redact(error.description)))
        case nil: throw Failure(error: HTTPError(.lost, redactor.redact(error.description)))
        }
    }

    /// Without credentials nothing was sent to the service.
    private func withoutCredentials(_ error: AWSError) -> Failure {
        let isPassing = [.unreachable, .lost].contains(error.code)
        return Failure(
            error: HTTPError(isPassing ? .unreachable : .refused, "there are no AWS credentials for this pusher"),
            note: error.description)
    }

    private static func secrets(of signer: Credentials) -> [Secret] {
        [signer.pair.secret, signer.sessionToken].compactMap { $0 }
    }

    /// Whether a body has those bytes, as they are or with the slashes of JSON.
    private static func holds(_ secret: Secret, in body: Secret) -> Bool {
        guard secret.count > 0 else { return false }
        return body.withBytes { body in
            secret.withBytes { secret in body.indices.contains { begins(secret, at: $0, in: body) } }
        }
    }

    private static func begins(
        _ secret: UnsafeRawBufferPointer, at start: Int, in body: UnsafeRawBufferPointer
    ) -> Bool {
        var index = start
        for byte in secret {
            if byte == UInt8(ascii: "/"), index < body.count, body[index] == UInt8(ascii: "\\") { index += 1 }
            guard index < body.count, body[index] == byte else { return false }
            index += 1
        }
        return true
    }
}
