internal import AWS
internal import Configuration
internal import HTTP
internal import PusherHost
internal import Secrets

/// Signs what one pusher asks of AWS, with the identity that the configuration gives it.
struct PusherIdentity: AWSSigner {
    let calls: DelegatedCalls
    let region: String

    func send(_ request: AWSRequest, over http: HTTPClient) async -> Result<AWSAnswer, AWSFailure> {
        let call = DelegatedCalls.Call(
            request.operation.service, request.operation.name, region: request.region, body: request.body,
            // A second write could come after someone else's. The pusher finds out what became of the first.
            repeatability: request.operation.isWriting ? .never : .safe, deadline: request.deadline,
            responseLimit: request.responseLimit, permit: request.permit)
        do throws(DelegatedCalls.Failure) {
            let answer = try await calls.make(call, over: http)
            var fields: [(name: String, value: String)] = []
            if let code = answer.code { fields.append(("x-amzn-errortype", code)) }
            if let request = answer.request { fields.append(("x-amzn-requestid", request)) }
            let response = HTTPResponse(
                status: answer.status, headers: fields, body: answer.body, followsRepetition: answer.isDoubtful)
            return .success(AWSAnswer(response, isThrottling: answer.isThrottling, note: answer.note))
        } catch { return .failure(AWSFailure(error.error, note: error.note)) }
    }
}

extension ServiceFactory {
    /// What signs for a pusher; nil: its plugin asks nothing of AWS.
    func makeSigner(for pusher: ConfiguredPusher, _ accounts: Accounts) -> PusherIdentity? {
        guard let settings = pusher.account else { return nil }
        let account = loaded.account(settings)
        return PusherIdentity(
            calls: DelegatedCalls(
                account: account, source: accounts.credentials(of: account), environment: loaded.environment,
                clock: accounts.clock), region: account.region)
    }
}
