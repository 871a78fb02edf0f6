internal import FoundationEssentials
public import HTTP
internal import PlainText
public import Rotation
public import Secrets
internal import Synchronization

/// The calls of IAM and STS that a rotation needs, for one account.
public struct IAM: Sendable {
    /// Pages of a listing: an account has 5,000 users unless AWS raised that, and a page a hundred.
    private static let pageLimit = 200
    private(set) var client: AuthorizedClient
    private let clock: AWSClock
    private let sts = STSState()

    /// - Parameters:
    ///   - account: where it is reached.
    ///   - source: credentials for all but ``identity(of:)``, asked for each call.
    ///   - environment: for `AWS_ENDPOINT_URL` and its like.
    ///   - clock: what is known of AWS's clock.
    public init(
        account: Account, source: any CredentialSource, http: HTTPClient, environment: [String: String],
        clock: AWSClock = AWSClock()
    ) {
        self.clock = clock
        let client = SignedClient(
            account: account, http: http, environment: environment, retries: RetryBudget(), clock: clock)
        self.client = AuthorizedClient(client: QueryClient(client: client), source: source)
    }

    /// The same, whose calls are sent only while that holds.
    ///
    /// - Parameter permit: asked right before each call is sent, from another thread.
    public func permitted(by permit: @escaping @Sendable () -> Bool) -> IAM {
        var copy = self
        copy.client.client.client.permit = permit
        return copy
    }

    /// ListAccessKeys, all pages.
    public func listAccessKeys(of user: String) async throws(AWSError) -> [AccessKey] {
        try await pages("ListAccessKeys", [("UserName", user)], list: "AccessKeyMetadata") { member throws(AWSError) in
            try Self.key(member, by: clock)
        }
    }

    /// ListAccessKeys, for whoever asks of many users at once: what one of them answers does not end the others.
    public func accessKeys(of user: String) async -> Result<[AccessKey], AWSError> {
        do throws(AWSError) { return .success(try await listAccessKeys(of: user)) } catch { return .failure(error) }
    }

    /// All pages of a listing.
    func pages<Element>(
        _ action: String, _ parameters: [(String, String)], list: String,
        read: (XMLElement) throws(AWSError) -> Element
    ) async throws(AWSError) -> [Element] {
        var elements: [Element] = []
        var marker: String?
        for _ in 0..<Self.pageLimit {
            let reply = try await client.call(.iam, action, parameters + (marker.map { [("Marker", $0)] } ?? []))
            guard let result = reply.child("\(action)Result"), let members = result.child(list) else {
                throw AWSError(.refused, "\(action): the answer holds no \(list)")
            }
            for member in members.children { elements.append(try read(member)) }
            guard result.text("IsTruncated") == "true" else { return elements }
            // A part of a list must not pass for the whole.
            guard let next = result.text("Marker"), !next.isEmpty else {
                throw AWSError(.refused, "\(action): the answer is cut short, and does not say where it goes on")
            }
            marker = next
        }
        throw AWSError(.refused, "\(action): more than \(Self.pageLimit) pages")
    }

    /// Its time of creation is translated into this machine's: whoever asks how old a key is compares it with that.
    static func key(_ member: XMLElement, by clock: AWSClock = AWSClock()) throws(AWSError) -> AccessKey {
        guard let id = member.text("AccessKeyId"), isKeyID(id),
            let status = AccessKey.Status(rawValue: member.text("Status") ?? ""),
            let created = Moment.parse(member.text("CreateDate"))
        else { throw AWSError(.refused, "the answer holds an access key that cannot be read") }
        return AccessKey(id: AccessKeyID(id), status: status, created: clock.local(created))
    }

    /// 16 to 128 letters, digits and underscores: the pattern of IAM's API reference.
    private static func isKeyID(_ text: String) -> Bool {
        (16...128).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x5F
            }
    }

    /// CreateAccessKey. Never sent again when the fate of the first is not known: that is `lost`.
    public func createAccessKey(of user: String) async throws(AWSError) -> (key: AccessKey, pair: KeyPair) {
        try await requireSTS()
        let parameters = [("UserName", user)]
        let reply = try await client.call(.iam, "CreateAccessKey", parameters, .never)
        guard let made = reply.at("CreateAccessKeyResult", "AccessKey"), let secret = made.secret("SecretAccessKey"),
            !secret.isEmpty, let key = try? Self.key(made, by: clock)
        else { throw AWSError(.lost, "CreateAccessKey: the answer holds no key that can be read") }
        return (key, KeyPair(id: key.id, secret: .text(secret)))
    }

    /// A new key can be verified only where STS answers. Where it is switched off in the region, that is found before a key is
    /// made.
    private func requireSTS() async throws(AWSError) {
        guard !sts.hasAnswered else { return }
        do throws(AWSError) { _ = try await ownIdentities() } catch {
            // Any other fault of STS may have passed when the key is there.
            guard error.awsCode == "RegionDisabledException" else { return }
            throw AWSError(error.code, "no key was made: \(error.description)", awsCode: error.awsCode)
        }
    }

    /// UpdateAccessKey.
    ///
    /// - Throws: `ownKey`, without having asked, where the key is to be Inactive and is one that keyturn itself runs with.
    public func setStatus(_ status: AccessKey.Status, of id: AccessKeyID, of user: String) async throws(AWSError) {
        if status == .inactive { try await refuseOwn(id) }
        let parameters = [("UserName", user), ("AccessKeyId", id.rawValue), ("Status", status.rawValue)]
        _ = try await client.call(.iam, "UpdateAccessKey", parameters)
    }

    /// DeleteAccessKey. A key that is gone already counts as deleted.
    ///
    /// - Throws: `ownKey`, without having asked, where the key is one that keyturn itself runs with.
    public func deleteAccessKey(_ id: AccessKeyID, of user: String) async throws(AWSError) {
        try await refuseOwn(id)
        do {
            let parameters = [("UserName", user), ("AccessKeyId", id.rawValue)]
            _ = try await client.call(.iam, "DeleteAccessKey", parameters)
        } catch { if error.code != .noSuchEntity { throw error } }
    }

    /// Whoever kills the key that it signs with, or assumes its role with, cuts itself off, and can bring nothing back. What was
    /// replaced where it is read from is read again first.
    private func refuseOwn(_ id: AccessKeyID) async throws(AWSError) {
        func own(_ credentials: Credentials) -> Credentials? {
            ([credentials] + credentials.origins).first { $0.pair.id == id }
        }
        let used = try await client.current()
        guard own(used) != nil else { return }
        guard let fresh = try await client.source.credentials(insteadOf: used), let same = own(fresh) else { return }
        throw AWSError(
            .ownKey,
            "\(id) is a key that keyturn itself runs with (\(same.source)): it would cut itself off. Nothing was changed. Let "
                + "keyturn run with another key first")
    }

    /// GetAccessKeyLastUsed: nil where the key was never used. It lags behind by an unknown time.
    ///
    /// - Throws: ``AWSError`` also where the answer cannot be read: that is not "never used".
    public func lastUse(of id: AccessKeyID) async throws(AWSError) -> LastUse? {
        try lastUse(in: try await client.call(.iam, "GetAccessKeyLastUsed", [("AccessKeyId", id.rawValue)]))
    }

    func lastUse(in reply: XMLElement) throws(AWSError) -> LastUse? {
        guard let use = reply.at("GetAccessKeyLastUsedResult", "AccessKeyLastUsed") else {
            throw AWSError(.refused, "GetAccessKeyLastUsed: the answer holds no AccessKeyLastUsed")
        }
        guard let date = use.text("LastUsedDate"), !date.isEmpty, date != "N/A" else { return nil }
        guard let moment = Moment.parse(date) else {
            throw AWSError(.refused, "GetAccessKeyLastUsed: the date of last use cannot be read")
        }
        // AWS writes N/A where it does not know.
        func known(_ name: String) -> String? {
            use.text(name).flatMap { $0.isEmpty || $0 == "N/A" ? nil : PlainText.line($0, limit: 128) }
        }
        return LastUse(at: clock.local(moment), service: known("ServiceName"), region: known("Region"))
    }

    /// GetUser: the user's ARN.
    public func user(_ name: String) async throws(AWSError) -> String {
        let reply = try await client.call(.iam, "GetUser", [("UserName", name)])
        guard let arn = reply.at("GetUserResult", "User")?.text("Arn") else {
            throw AWSError(.refused, "GetUser: the answer holds no ARN")
        }
        return arn
    }

    /// Who keyturn itself is, and those with whose credentials its roles are assumed, its own identity first.
    public func ownIdentities() async throws(AWSError) -> [CallerIdentity] {
        let (reply, used) = try await client.answer(.sts, "GetCallerIdentity", [], as: try await client.current())
        sts.noteAnswer()
        var found = [CallerIdentity(arn: try Self.arn(in: reply), keyID: used.pair.id.rawValue, source: used.source)]
        for origin in used.origins {
            found.append(
                CallerIdentity(
                    arn: try await identity(as: origin), keyID: origin.pair.id.rawValue, source: origin.source))
        }
        return found
    }

    /// GetCallerIdentity with a pair: the ARN that it answers for.
    ///
    /// - Throws: `unknownKey` while STS does not know the key.
    public func identity(of pair: KeyPair) async throws(AWSError) -> String {
        try await identity(as: Credentials(pair: pair))
    }

    /// GetAccessKeyInfo: the number of the account that a key belongs to, whichever account it is.
    public func account(owning key: AccessKeyID) async throws(AWSError) -> String {
        let reply = try await client.call(.sts, "GetAccessKeyInfo", [("AccessKeyId", key.rawValue)])
        guard let account = reply.child("GetAccessKeyInfoResult")?.text("Account"), account.utf8.count == 12,
            account.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { throw AWSError(.refused, "GetAccessKeyInfo: the answer holds no account") }
        return account
    }

    private func identity(as credentials: Credentials) async throws(AWSError) -> String {
        try Self.arn(in: try await client.client.call(.sts, "GetCallerIdentity", [], as: credentials))
    }

    private static func arn(in reply: XMLElement) throws(AWSError) -> String {
        guard let arn = reply.child("GetCallerIdentityResult")?.text("Arn") else {
            throw AWSError(.refused, "GetCallerIdentity: the answer holds no ARN")
        }
        return arn
    }
}

/// Whether STS has answered to keyturn's own credentials in this process.
private final class STSState: Sendable {
    private let state = Mutex(false)

    var hasAnswered: Bool { state.withLock { $0 } }

    func noteAnswer() { state.withLock { $0 = true } }
}

/// Who someone is for AWS, and through what.
public struct CallerIdentity: Hashable, Sendable {
    /// The ARN.
    public var arn: String
    /// The access key ID.
    public var keyID: String
    /// Where the credentials came from, in words.
    public var source: String

    /// Whether they are the key that is in that profile of the shared files.
    public func isKey(ofProfile name: String) -> Bool { source == StaticCredentials.name(ofProfile: name) }
}

/// Times as AWS writes them: ISO 8601 in UTC, with or without fractions of a second.
enum Moment {
    static func parse(_ text: String?) -> Timestamp? {
        guard let text else { return nil }
        let date =
            (try? Date(text, strategy: .iso8601))
            ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
        return date.map { Timestamp(milliseconds: Int64(($0.timeIntervalSince1970 * 1_000).rounded())) }
    }
}
