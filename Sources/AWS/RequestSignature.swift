internal import CSodium
internal import Secrets

/// Signature Version 4 of a POST with a body and no query, as IAM and STS take it
/// (https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html). HMAC and SHA-256 are libsodium's.
///
/// libcurl can sign, too; but where it is given the time, as it must be with AWS's clock, it sends `X-Amz-Date` twice (curl issue
/// 11738), and AWS computes its signature over both.
struct RequestSignature {
    /// Who signs.
    let pair: KeyPair
    /// The region of the credential scope.
    let region: String
    /// The service of the credential scope: `iam`, `sts`.
    let service: String
    /// `X-Amz-Date`: `20261122T100000Z`.
    let date: String

    private static let algorithm = "AWS4-HMAC-SHA256"

    /// The value of `Authorization`.
    ///
    /// - Parameters:
    ///   - path: of the URL, encoded.
    ///   - fields: all that are signed, `Host` and `X-Amz-Date` among them; values without blanks at their ends.
    func authorization(path: String, fields: [(name: String, value: String)], body: Secret) -> String {
        let fields = fields.map { (name: $0.name.lowercased(), value: $0.value) }.sorted { $0.name < $1.name }
        let names = fields.map(\.name).joined(separator: ";")
        var canonical = Array("POST\n\(path)\n\n".utf8)
        // A session token is among them.
        defer { Secret.wipe(&canonical) }
        for field in fields { canonical += "\(field.name):\(field.value)\n".utf8 }
        canonical += "\n\(names)\n\(Self.hexadecimal(body.withBytes { Self.sha256($0) }))".utf8
        let scope = "\(date.prefix(8))/\(region)/\(service)/aws4_request"
        let hash = canonical.withUnsafeBytes { Self.sha256($0) }
        let text = "\(Self.algorithm)\n\(date)\n\(scope)\n\(Self.hexadecimal(hash))"
        var key = signingKey()
        defer { Secret.wipe(&key) }
        let signature = Self.hexadecimal(Self.hmac(key, Array(text.utf8)))
        return "\(Self.algorithm) Credential=\(pair.id)/\(scope), SignedHeaders=\(names), Signature=\(signature)"
    }

    /// Derived from the secret access key, for this day, region and service.
    private func signingKey() -> [UInt8] {
        var key = Array("AWS4".utf8)
        key.reserveCapacity(4 + pair.secret.count)
        pair.secret.withBytes { key.append(contentsOf: $0) }
        for part in [String(date.prefix(8)), region, service, "aws4_request"] {
            var next = Self.hmac(key, Array(part.utf8))
            swap(&key, &next)
            Secret.wipe(&next)
        }
        return key
    }

    private static func hmac(_ key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: Int(crypto_auth_hmacsha256_BYTES))
        var state = crypto_auth_hmacsha256_state()
        crypto_auth_hmacsha256_init(&state, key, key.count)
        crypto_auth_hmacsha256_update(&state, bytes, UInt64(bytes.count))
        crypto_auth_hmacsha256_final(&state, &code)
        withUnsafeMutableBytes(of: &state) { Secret.wipe($0) }
        return code
    }

    private static func sha256(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES))
        crypto_hash_sha256(&hash, bytes.bindMemory(to: UInt8.self).baseAddress, UInt64(bytes.count))
        return hash
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
