import FoundationEssentials
import Synchronization

/// IAM and STS at one address, as their regional endpoints answer.
struct AWSService: RequestAnswering {
    let world: World

    static let versions = ["iam": "2010-05-08", "sts": "2011-06-15"]

    func subject(of request: Request) -> String {
        Form.decode(String(decoding: request.body, as: UTF8.self)).first { $0.name == "Action" }?.value ?? request.path
    }

    func reply(to request: Request) async -> Reply {
        answer(request).adding([("Date", DateField.text(world.awsNow))])
    }

    private func answer(_ request: Request) -> Reply {
        let parameters = Dictionary(
            Form.decode(String(decoding: request.body, as: UTF8.self)).map { ($0.name, $0.value) }
        ) { $1 }
        let action = parameters["Action"] ?? ""
        let service = ["GetCallerIdentity", "GetAccessKeyInfo"].contains(action) ? "sts" : "iam"
        let namespace = service == "sts" ? AWSNamespace.sts : AWSNamespace.iam
        do throws(AWSError) {
            try Self.checkForm(request, action: action, version: parameters["Version"], service: service)
            let caller = try authenticate(request, for: service)
            try authorize(caller, action: action)
            let call = AWSCall(action: action, parameters: parameters, caller: caller, now: world.awsNow)
            return Self.reply(action: action, result: try perform(call), namespace: namespace)
        } catch {
            return error.reply(namespace: namespace)
        }
    }

    private static func checkForm(
        _ request: Request, action: String, version: String?, service: String
    ) throws(AWSError) {
        guard request.method == "POST", request.path == "/",
            request.contentType == "application/x-www-form-urlencoded"
        else {
            throw AWSError(code: "InvalidAction", status: 400, message: "This takes POST / with a form only.")
        }
        guard !action.isEmpty else {
            throw AWSError(code: "MissingAction", status: 400, message: "Missing Action")
        }
        guard version == versions[service] else {
            throw AWSError(
                code: "InvalidAction", status: 400,
                message: "Could not find operation \(action) for version \(version ?? "NO_VERSION_SPECIFIED")")
        }
    }

    /// Who made the request; throws unless its signature was made with a key that works.
    private func authenticate(_ request: Request, for service: String) throws(AWSError) -> String {
        let signature = try Signature(authorization: request.header("Authorization"))
        // No temporary credentials are given out here, so none can be right.
        guard request.header("x-amz-security-token") == nil else { throw .invalidToken }
        let now = world.awsNow
        let owner = world.account.withLock { account in
            account.user(owning: signature.accessKeyID).flatMap { user in
                account.key(signature.accessKeyID).map { (user: user.name, key: $0) }
            }
        }
        guard let owner, owner.key.status == .active, owner.key.spread <= now else { throw .invalidToken }
        try signature.verify(request, secret: owner.key.secret, service: service, at: now)
        world.account.withLock {
            $0.recordUse(
                ofKey: owner.key.id, AccessKey.Use(date: now, service: service, region: signature.region))
        }
        return owner.user
    }

    private func authorize(_ caller: String, action: String) throws(AWSError) {
        guard caller != Account.administrator, action != "GetCallerIdentity" else { return }
        let arn = Self.arn(of: caller)
        throw .forbidden(
            "AccessDenied",
            "User: \(arn) is not authorized to perform: iam:\(action) on resource: \(arn) because no "
                + "identity-based policy allows the iam:\(action) action")
    }

    static func arn(of user: String) -> String { "arn:aws:iam::\(Account.number):user/\(user)" }

    static func arn(of user: IAMUser) -> String { "arn:aws:iam::\(Account.number):user\(user.path)\(user.name)" }

    private static func reply(action: String, result: String?, namespace: String) -> Reply {
        let id = Random.uuid()
        let body = result.map { "<\(action)Result>\($0)</\(action)Result>" } ?? ""
        let text =
            "<\(action)Response xmlns=\"\(namespace)\">\(body)"
            + "<ResponseMetadata><RequestId>\(id)</RequestId></ResponseMetadata></\(action)Response>"
        return Reply.text(200, text, type: "text/xml").adding([("x-amzn-RequestId", id)])
    }
}
