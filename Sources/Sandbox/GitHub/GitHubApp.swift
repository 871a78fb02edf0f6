import CCrypto
import FoundationEssentials
import JSON

/// A GitHub App: tests register one with a public key of their own, and sign with its private key.
struct GitHubApp: Sendable {
    let id: Int
    let clientID: String
    /// PEM, as `openssl rsa -pubout` writes it.
    let publicKey: String
    var installations: [GitHubInstallation] = []
}

/// An App as one account has it.
struct GitHubInstallation: Sendable {
    let id: Int
    let account: String
    var isSuspended = false
    /// What the account granted, as `secrets: write`.
    let permissions: [String: String]
}

/// What an App was given to act with, for an hour.
struct GitHubInstallationToken: Sendable {
    let text: String
    let installation: Int
    let account: String
    let permissions: [String: String]
    /// Names without the owner; nil where it is for all of them.
    let repositories: [String]?
    let expires: Date
}

/// A JSON Web Token by which an App says who it is (RS256).
struct AppAssertion {
    let issuer: String
    private let signed: Data
    private let signature: Data
    private let issued: Double
    private let expires: Double

    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let signature = Data(base64URL: parts[2]),
            let header = Data(base64URL: parts[0]).flatMap(JSONValue.init(parsing:))?.object, header["alg"] == "RS256",
            let claims = Data(base64URL: parts[1]).flatMap(JSONValue.init(parsing:))?.object,
            let issuer = claims["iss"]?.formText, let issued = claims["iat"]?.int, let expires = claims["exp"]?.int
        else { return nil }
        self.issuer = issuer
        self.signature = signature
        self.issued = Double(issued)
        self.expires = Double(expires)
        signed = Data("\(parts[0]).\(parts[1])".utf8)
    }

    /// What GitHub says against the times; nil where it takes them.
    var complaint: String? {
        let now = Date().timeIntervalSince1970
        if expires > now + 600 { return "'Expiration time' claim ('exp') is too far in the future" }
        if expires <= now { return "'Expiration time' claim ('exp') must be a numeric value representing the future" }
        if issued > now { return "'Issued at' claim ('iat') must be an Integer representing a time in the past" }
        return nil
    }

    func isSigned(by publicKey: String) -> Bool {
        guard let input = BIO_new_mem_buf(publicKey, Int32(publicKey.utf8.count)) else { return false }
        defer { BIO_free(input) }
        guard let key = PEM_read_bio_PUBKEY(input, nil, nil, nil), let context = EVP_MD_CTX_new() else { return false }
        defer {
            EVP_PKEY_free(key)
            EVP_MD_CTX_free(context)
        }
        guard EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1 else { return false }
        return EVP_DigestVerify(context, [UInt8](signature), signature.count, [UInt8](signed), signed.count) == 1
    }
}

extension Data {
    /// RFC 4648, section 5, without padding.
    fileprivate init?(base64URL text: String) {
        let plain = text.replacing("-", with: "+").replacing("_", with: "/")
        self.init(base64Encoded: plain + String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4))
    }
}
