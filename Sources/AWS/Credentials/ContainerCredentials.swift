internal import FileTrust
internal import FoundationEssentials
internal import HTTP
internal import JSON
internal import Secrets

/// What a container's endpoint hands out: tasks of ECS (`AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`), pods of EKS with pod
/// identity, and others (`…_FULL_URI`).
struct ContainerCredentials: CredentialSource {
    /// Where ECS answers.
    private static let host = "http://169.254.170.2"
    /// Where plain http may go to besides this machine: ECS, and the agent of EKS's pod identity.
    private static let plainHosts: Set<String> = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "localhost"]
    /// botocore's: three tries, of two seconds, a second apart.
    private static let tries = 3

    let surroundings: CredentialContext

    var name: String { "the container's endpoint (AWS_CONTAINER_CREDENTIALS_…)" }

    func credentials() async throws(AWSError) -> Credentials? {
        guard let url = try url() else { return nil }
        var (trouble, code) = ("", AWSError.Code.unreachable)
        for attempt in 1...Self.tries {
            // Its file is read each time: the token is replaced before it ends, and the old one is refused then.
            var lines = "Accept: application/json\n"
            if let token = try authorization() { lines += "Authorization: \(token)\n" }
            var request = HTTPRequest(
                method: .get, url: url, headers: .text(lines), timeout: .seconds(2), responseLimit: 64 << 10)
            if !url.lowercased().hasPrefix("https:") { request.reach = .metadata }
            do {
                let reply = try await surroundings.http.send(request)
                if reply.status == 200 {
                    let text = reply.body.withBytes { String(decoding: $0, as: UTF8.self) }
                    let json = (try? JSONValue(parsing: text)) ?? .null
                    if let found = JSONCredentials.read(json, token: "Token", source: name) { return found }
                    trouble = "\(Self.shown(url)) answered with something that is not credentials"
                } else {
                    trouble = "\(Self.shown(url)) answered \(reply.status)"
                }
                code = reply.status < 500 && reply.status != 429 ? .denied : .unreachable
            } catch {
                (trouble, code) = ("\(Self.shown(url)): \(error.description)", .unreachable)
            }
            guard attempt < Self.tries else { break }
            do { try await Task.sleep(for: .seconds(1)) } catch { break }
        }
        throw failure(trouble, code)
    }

    /// The address that the environment says; nil: it says none.
    func url() throws(AWSError) -> String? {
        if let path = surroundings.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            guard path.hasPrefix("/") else {
                throw failure("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must begin with a slash")
            }
            return Self.host + path
        }
        guard let url = surroundings.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") else { return nil }
        guard Self.isAllowed(url) else {
            throw failure(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI leads to \(Self.shown(url)): plain http may go to this machine and to "
                    + "\(Self.plainHosts.sorted().joined(separator: ", ")) only")
        }
        return url
    }

    /// Scheme, host and port: ECS distinguishes tasks by the path, so whoever knows it gets the credentials.
    static func shown(_ url: String) -> String {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme, let host = parts.host else {
            return "an address that cannot be read"
        }
        return "\(scheme)://\(host)\(parts.port.map { ":\($0)" } ?? "")"
    }

    /// The SDKs' rule: https, or plain http to this machine or the containers' endpoints.
    static func isAllowed(_ url: String) -> Bool {
        guard let parts = URLComponents(string: url), let host = parts.host?.lowercased(), !host.isEmpty,
            parts.user == nil
        else { return false }
        if parts.scheme?.lowercased() == "https" { return true }
        guard parts.scheme?.lowercased() == "http" else { return false }
        let plain = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        return plainHosts.contains(plain) || plain == "[::1]" || isLoopback(host)
    }

    /// 127.0.0.0/8, in the usual writing.
    private static func isLoopback(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return parts.count == 4 && parts[0] == 127 && parts.allSatisfy { $0 != nil }
    }

    private func authorization() throws(AWSError) -> String? {
        var token = surroundings.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN")
        if let file = surroundings.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            guard let data = FileManager.default.contents(atPath: file) else {
                throw failure(
                    "\(file) (AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE) cannot be read: \(FileAccess.refusal(unread: file))"
                )
            }
            guard data.count <= 64 << 10 else {
                throw failure("\(file) (AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE) is larger than 64 KiB")
            }
            token = String(decoding: data, as: UTF8.self)
        }
        guard token?.contains(where: \.isNewline) != true else {
            throw failure("the authorization token holds a line break, and so is not a header")
        }
        return token
    }
}
