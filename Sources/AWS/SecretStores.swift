public import HTTP
internal import JSON
public import Secrets

/// Secrets that AWS keeps: Secrets Manager and the Parameter Store of Systems Manager.
///
/// By botocore's models `secretsmanager/2017-10-17` and `ssm/2014-11-06`.
public struct SecretStores: Sendable {
    /// Base64 and JSON's escapes make 64 KiB, the longest value, longer.
    private static let responseLimit = 512 << 10

    private let account: Account
    private let source: any CredentialSource
    private let http: HTTPClient
    private let environment: [String: String]
    private let clock: AWSClock

    /// - Parameters:
    ///   - account: where secrets without a region of their own are.
    ///   - source: credentials.
    ///   - environment: for `AWS_ENDPOINT_URL` and its like.
    ///   - clock: what is known of AWS's clock.
    public init(
        account: Account, source: any CredentialSource, http: HTTPClient, environment: [String: String],
        clock: AWSClock = AWSClock()
    ) {
        (self.account, self.source, self.http) = (account, source, http)
        (self.environment, self.clock) = (environment, clock)
    }

    /// The current version of a secret of Secrets Manager.
    ///
    /// - Parameters:
    ///   - id: its name or its whole ARN, whose region is asked.
    ///   - field: a member of the JSON object that the secret is; nil: the whole.
    /// - Throws: an error that never holds anything of the secret.
    public func secret(_ id: String, field: String?) async throws(AWSError) -> Secret {
        let operation = "GetSecretValue"
        let whole: Secret
        do throws(AWSError) {
            whole = try await client(.secretsManager, ofARN: id).secret(
                operation, .object(["SecretId": .string(id)]), at: ["SecretString"], responseLimit: Self.responseLimit)
        } catch { throw Self.explain(error, id, "a text: a binary secret is not taken") }
        guard let field else { return whole }
        do throws(SecretText.Failure) { return try SecretText.take([field], from: whole) } catch {
            let problem =
                switch error {
                case .malformed: "is not JSON, so it has no field"
                case .missing: "has no text named"
                }
            throw AWSError(.noSuchEntity, "\(operation): the secret \(id) \(problem) `\(field)`")
        }
    }

    /// A parameter, decrypted.
    ///
    /// - Parameter name: its name, or its whole ARN, whose region is asked; `:VERSION` or `:LABEL` may follow.
    /// - Throws: an error that never holds anything of the value.
    public func parameter(_ name: String) async throws(AWSError) -> Secret {
        do throws(AWSError) {
            return try await client(.systemsManager, ofARN: name).secret(
                "GetParameter", .object(["Name": .string(name), "WithDecryption": .bool(true)]),
                at: ["Parameter", "Value"], responseLimit: Self.responseLimit)
        } catch { throw Self.explain(error, name, "a value") }
    }

    private func client(_ service: Service, ofARN id: String) -> JSONClient {
        let parts = id.split(separator: ":", omittingEmptySubsequences: false)
        var place = account
        if parts.count > 5, parts[0] == "arn", !parts[3].isEmpty { place.region = String(parts[3]) }
        return JSONClient(
            service, account: place, source: source, http: http, environment: environment, clock: clock)
    }

    private static func explain(_ error: AWSError, _ id: String, _ wanted: String) -> AWSError {
        var error = error
        switch error.awsCode {
        case "ResourceNotFoundException", "ParameterNotFound", "ParameterVersionNotFound":
            error = AWSError(
                .noSuchEntity, "\(error.description); is the name right, and the region?", awsCode: error.awsCode)
        // A key that decrypts for the service is a matter of permissions, too.
        case "DecryptionFailure", "InvalidKeyId":
            error = AWSError(
                .denied,
                "\(error.description); with a customer managed key, keyturn needs kms:Decrypt on that key",
                awsCode: error.awsCode)
        case nil where error.code == .noSuchEntity: error.description += ": it is not \(wanted)"
        default: break
        }
        return AWSError(error.code, "\(id): \(error.description)", awsCode: error.awsCode)
    }
}
