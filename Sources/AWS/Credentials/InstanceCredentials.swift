internal import FoundationEssentials
internal import HTTP
internal import JSON
internal import Secrets

/// The role of an EC2 instance, from its metadata service (IMDSv2): a token by PUT, then the role's name, then its
/// credentials. Elsewhere no one answers, so the waits are short.
struct InstanceCredentials: CredentialSource {
    /// botocore waits a second, once; a second try costs a laptop one more.
    private static let timeout: Duration = .seconds(1)
    private static let tries = 2
    /// Six hours: what the token is good for, as the SDKs ask it.
    private static let tokenLife = 21_600
    private static let path = "/latest/meta-data/iam/security-credentials/"

    let surroundings: CredentialContext

    var name: String {
        isSwitchedOff
            ? "the instance's metadata (switched off by AWS_EC2_METADATA_DISABLED)" : "the instance's metadata (IMDS)"
    }

    private var isSwitchedOff: Bool { surroundings.variable("AWS_EC2_METADATA_DISABLED")?.lowercased() == "true" }

    private var endpoint: String {
        if let named = surroundings.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT") {
            return named.hasSuffix("/") ? String(named.dropLast()) : named
        }
        let isIPv6 = surroundings.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")?.lowercased() == "ipv6"
        return isIPv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254"
    }

    func credentials() async throws(AWSError) -> Credentials? {
        guard !isSwitchedOff else { return nil }
        // A token that it does not take, or a fault, is a matter of a moment.
        return try await RepeatedSource.credentials { () throws(AWSError) in
            try await current()
        } isDefinite: {
            $0.code == .unreachable
        }
    }

    private func current() async throws(AWSError) -> Credentials? {
        guard
            let reply = try await ask(
                .put, "/latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds: \(Self.tokenLife)", isFirst: true)
        else { return nil }
        let token = try text(reply, "a token")
        let header = "X-aws-ec2-metadata-token: \(token)"
        guard let names = try await ask(.get, Self.path, header) else { return nil }
        // No instance profile.
        if names.status == 404 { return nil }
        guard let role = try text(names, "the role's name").split(whereSeparator: \.isNewline).first,
            role.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+=,.@-_".contains($0)) })
        else { throw failure("\(endpoint)\(Self.path) names no role") }
        guard let answer = try await ask(.get, Self.path + role, header) else { return nil }
        let json = (try? JSONValue(parsing: try text(answer, "credentials"))) ?? .null
        if let code = json["Code"]?.string, code != "Success" {
            throw failure(
                "the role \(role) has no credentials: \(code): \(json["Message"]?.string ?? "no reason given")")
        }
        guard let found = JSONCredentials.read(json, token: "Token", source: "\(name), role \(role)") else {
            throw failure("\(endpoint)\(Self.path)\(role) answered with something that is not credentials")
        }
        return found
    }

    /// - Returns: nil: no one answered the first request, so this is not an instance.
    private func ask(
        _ method: HTTPRequest.Method, _ path: String, _ header: String, isFirst: Bool = false
    ) async throws(AWSError) -> HTTPResponse? {
        var request = HTTPRequest(
            method: method, url: endpoint + path, headers: .text(header + "\n"), timeout: Self.timeout,
            responseLimit: 64 << 10)
        request.reach = .metadata
        var (trouble, isSilent) = ("", true)
        for _ in 1...Self.tries {
            do {
                let reply = try await surroundings.http.send(request)
                guard reply.status >= 500 else { return reply }
                (trouble, isSilent) = ("it answered \(reply.status)", false)
            } catch { trouble = error.description }
        }
        // An endpoint that someone configured has to answer.
        if isFirst, isSilent {
            if try await answersWithoutToken() { throw failure(Self.hopLimit, .unreachable) }
            if surroundings.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT") == nil { return nil }
        }
        throw failure("\(endpoint)\(path): \(trouble)", .unreachable)
    }

    /// Whether someone is there who merely does not answer the request for a token: its answers may pass fewer machines than
    /// others, so that containers do not see them.
    private func answersWithoutToken() async throws(AWSError) -> Bool {
        var request = HTTPRequest(
            method: .get, url: endpoint + "/latest/meta-data/", headers: .text("Accept: */*\n"), timeout: Self.timeout,
            responseLimit: 64 << 10)
        request.reach = .metadata
        return (try? await surroundings.http.send(request)) != nil
    }

    private static let hopLimit =
        "it is there, and does not answer the request for a token: in a container that is the instance's hop limit of 1; raise it "
        + "with `aws ec2 modify-instance-metadata-options --http-put-response-hop-limit 2`"

    private func text(_ reply: HTTPResponse, _ what: String) throws(AWSError) -> String {
        guard reply.status == 200 else { throw failure("\(endpoint) answered \(reply.status) instead of \(what)") }
        let text = reply.body.withBytes { String(decoding: $0, as: UTF8.self) }.trimmed
        guard !text.isEmpty, what != "a token" || !text.contains(where: \.isNewline) else {
            throw failure("\(endpoint) answered with something that is not \(what)")
        }
        return text
    }
}
