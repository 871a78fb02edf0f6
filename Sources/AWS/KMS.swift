public import HTTP
internal import JSON
public import Secrets

/// The Key Management Service, as far as a small secret is sealed by one of its keys.
///
/// By botocore's model `kms/2014-11-01`. The encryption context is not secret: CloudTrail shows it.
public struct KMS: Sendable {
    /// One key.
    public struct Key: Hashable, Sendable {
        /// What KMS knows it by: `arn:PARTITION:kms:REGION:ACCOUNT:key/ID`, `…:alias/NAME`, or `alias/NAME` alone.
        public let id: String
        /// Where it is.
        public let region: String

        /// Reads an ARN; nil: it is not one of a key or an alias.
        public init?(arn: String) {
            let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 6, parts[0] == "arn", parts[1].hasPrefix("aws"), parts[2] == "kms", !parts[3].isEmpty,
                parts[4].utf8.count == 12, parts[4].utf8.allSatisfy({ (0x30...0x39).contains($0) })
            else { return nil }
            let isKey = parts[5].hasPrefix("key/") && parts[5].utf8.count > 4
            guard isKey || parts[5].hasPrefix("alias/") && parts[5].utf8.count > 6 else { return nil }
            guard arn.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
            self.init(id: arn, region: String(parts[3]))
        }

        /// Reads an ARN, or the name of an alias in that region; nil: it is neither.
        public init?(_ text: String, region: String) {
            guard text.hasPrefix("alias/") else {
                self.init(arn: text)
                return
            }
            guard text.utf8.count > 6, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
            self.init(id: text, region: region)
        }

        private init(id: String, region: String) { (self.id, self.region) = (id, region) }
    }

    private let client: JSONClient
    private let key: Key
    private let context: JSONValue

    /// - Parameters:
    ///   - key: the one that seals. Calls go to its region.
    ///   - context: what a sealed text is for: it cannot be opened with another one.
    ///   - account: with which settings AWS is asked.
    ///   - source: credentials.
    ///   - environment: for `AWS_ENDPOINT_URL` and its like.
    ///   - clock: what is known of AWS's clock.
    public init(
        key: Key, context: [String: String], account: Account, source: any CredentialSource, http: HTTPClient,
        environment: [String: String], clock: AWSClock = AWSClock()
    ) {
        var place = account
        place.region = key.region
        client = JSONClient(
            .kms, account: place, source: source, http: http, environment: environment, clock: clock)
        (self.key, self.context) = (key, .object(context.mapValues { .string($0) }))
    }

    /// Opens what the key sealed.
    ///
    /// - Parameter sealed: in base64.
    /// - Throws: an error that says what is the matter with the key, or with what is sealed.
    public func decrypt(_ sealed: String) async throws(AWSError) -> Secret {
        let input: JSONValue = .object([
            "CiphertextBlob": .string(sealed), "EncryptionContext": context,
            // Always: else KMS takes the key that the sealed text names, which whoever wrote it has chosen.
            "KeyId": .string(key.id),
        ])
        do throws(AWSError) {
            let text = try await client.secret("Decrypt", input, at: ["Plaintext"])
            guard let plain = SecretText.decodeBase64(text) else {
                throw AWSError(.lost, "Decrypt: what AWS answered is not base64")
            }
            return plain
        } catch { throw explain(error) }
    }

    /// Makes 32 random bytes, and seals them. They do not leave KMS.
    ///
    /// - Returns: what is sealed, in base64.
    public func makeSealedKey() async throws(AWSError) -> String {
        let input: JSONValue = .object([
            "EncryptionContext": context, "KeyId": .string(key.id), "KeySpec": .string("AES_256"),
        ])
        let operation = "GenerateDataKeyWithoutPlaintext"
        do throws(AWSError) {
            let reply = try await client.call(operation, input)
            guard let sealed = reply.document["CiphertextBlob"]?.string, !sealed.isEmpty,
                sealed.utf8.count <= Self.longestSealed
            else { throw AWSError(.lost, "\(operation): AWS answered without a sealed key") }
            return sealed
        } catch { throw explain(error) }
    }

    /// 6,144 bytes, the longest that Decrypt takes, in base64.
    public static let longestSealed = 8_192

    /// What each of KMS's own errors means for who reads it.
    private func explain(_ error: AWSError) -> AWSError {
        let advice: String? =
            switch error.awsCode {
            case "InvalidCiphertextException":
                "what is sealed was altered, or was sealed for another purpose (the encryption context differs)"
            case "IncorrectKeyException": "what is sealed was sealed with another KMS key"
            case "DisabledException": "the key is disabled: `aws kms enable-key --key-id \(key.id)`"
            case "KMSInvalidStateException":
                "the key cannot be used now, as when its deletion is pending: `aws kms describe-key --key-id \(key.id)`; `aws kms cancel-key-deletion` keeps it"
            case "NotFoundException": "there is no such key in \(key.region): is the ARN right?"
            case "InvalidKeyUsageException": "the key is not one that encrypts: a symmetric key is needed"
            default: nil
            }
        guard let advice else { return error }
        return AWSError(error.code, "\(error.description); \(advice)", awsCode: error.awsCode)
    }
}
