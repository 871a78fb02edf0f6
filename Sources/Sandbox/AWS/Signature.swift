import FoundationEssentials

/// A Signature Version 4 as it is in an `Authorization` header.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
struct Signature: Sendable {
    static let algorithm = "AWS4-HMAC-SHA256"
    /// How far the client's clock may be off, in seconds.
    static let tolerance = 5.0 * 60

    let accessKeyID: String
    let date: String
    let region: String
    let service: String
    let signedHeaders: [String]
    let value: String

    var scope: String { "\(date)/\(region)/\(service)/aws4_request" }

    /// Reads the header; throws when it is missing or lacks a part.
    init(authorization: String?) throws(AWSError) {
        guard let authorization else {
            throw .forbidden("MissingAuthenticationToken", "Request is missing Authentication Token")
        }
        guard authorization.hasPrefix(Self.algorithm + " ") else { throw Self.incomplete(authorization) }
        var parts: [String: String] = [:]
        for part in authorization.dropFirst(Self.algorithm.count + 1).split(separator: ",") {
            let pair = part.trimmed.split(separator: "=", maxSplits: 1)
            if pair.count == 2 { parts[String(pair[0])] = String(pair[1]) }
        }
        let credential = parts["Credential", default: ""].split(separator: "/").map(String.init)
        guard let headers = parts["SignedHeaders"], let value = parts["Signature"], credential.count == 5,
            credential[4] == "aws4_request"
        else { throw Self.incomplete(authorization) }
        (accessKeyID, date, region, service) = (credential[0], credential[1], credential[2], credential[3])
        signedHeaders = headers.split(separator: ";").map(String.init)
        self.value = value
    }

    private static func incomplete(_ authorization: String) -> AWSError {
        let parts = "'Credential', 'SignedHeaders' and 'Signature'"
        return AWSError(
            code: "IncompleteSignature", status: 400,
            message: "Authorization header requires \(algorithm) and \(parts) parameters.")
    }
}

extension Signature {
    /// Throws unless the request was signed with this secret, lately, for this service.
    func verify(_ request: Request, secret: String, service expected: String, at now: Date) throws(AWSError) {
        let stamp = request.header("x-amz-date") ?? ""
        guard let signed = Timestamp.parseAmazon(stamp), stamp.hasPrefix(date) else {
            throw Self.mismatch("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date.")
        }
        guard abs(signed.timeIntervalSince(now)) <= Self.tolerance else {
            // In AWS's words, which name its own time.
            let (own, minutes) = (Timestamp.amazonText(now), Int(Self.tolerance / 60))
            let (isOld, sign) = (signed < now, signed < now ? -1.0 : 1.0)
            let limit = Timestamp.amazonText(now.addingTimeInterval(sign * Self.tolerance))
            throw Self.mismatch(
                isOld
                    ? "Signature expired: \(stamp) is now earlier than \(limit) (\(own) - \(minutes) min.)"
                    : "Signature not yet current: \(stamp) is still later than \(limit) (\(own) + \(minutes) min.)")
        }
        guard service == expected else {
            throw Self.mismatch("Credential should be scoped to correct service: '\(expected)'.")
        }
        guard signedHeaders.contains("host"), signedHeaders.contains("x-amz-date") else {
            throw Self.mismatch("'host' and 'x-amz-date' must be signed headers.")
        }
        let digest = Sodium.sha256(Data(canonical(request).utf8)).hex
        let message = [Self.algorithm, stamp, scope, digest].joined(separator: "\n")
        guard Sodium.equal(Sodium.hmac(message, key: signingKey(secret)).hex, value) else {
            throw Self.mismatch(
                "The request signature we calculated does not match the signature you provided. "
                    + "Check your AWS Secret Access Key and signing method. Consult the service documentation "
                    + "for details.")
        }
    }

    private func signingKey(_ secret: String) -> Data {
        [date, region, service, "aws4_request"].reduce(Data("AWS4\(secret)".utf8)) { key, part in
            Sodium.hmac(part, key: key)
        }
    }

    private func canonical(_ request: Request) -> String {
        let query = request.query.map { ($0.name.percentEncoded, $0.value.percentEncoded) }
            .sorted { $0 < $1 }
            .map { "\($0.0)=\($0.1)" }
        let headers = signedHeaders.map { name in
            let words = (request.header(name) ?? "").split(separator: " ", omittingEmptySubsequences: true)
            return "\(name):\(words.joined(separator: " "))\n"
        }
        let lines = [
            request.method, request.path, query.joined(separator: "&"), headers.joined(),
            signedHeaders.joined(separator: ";"), Sodium.sha256(request.body).hex,
        ]
        return lines.joined(separator: "\n")
    }

    private static func mismatch(_ message: String) -> AWSError { .forbidden("SignatureDoesNotMatch", message) }
}
