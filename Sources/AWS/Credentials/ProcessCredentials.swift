internal import JSON
internal import Programs
internal import Secrets

/// What a program prints (`credential_process`): JSON of version 1. It is started without a shell.
struct ProcessCredentials: CredentialSource {
    /// The longest output, in bytes.
    private static let sizeLimit = 64 << 10

    let command: String
    let environment: [String: String]
    /// "profile ci".
    let place: String
    /// The longest that it may take: some ask a browser, or a service that is far.
    var timeLimit: Duration = .seconds(60)

    var name: String { "\(place) (credential_process)" }

    func credentials() async throws(AWSError) -> Credentials? {
        guard let words = CommandWords.split(command), let name = words.first else {
            throw failure("the command line has a quote without an end, or no program")
        }
        let program = Program(
            words, environment: ProgramEnvironment.of(environment, named: environment.keys.filter(Self.isForAWS)),
            timeLimit: timeLimit, outputLimit: Self.sizeLimit)
        let output: Secret
        do throws(ProgramFailure) { output = try await program.runInBackground() } catch {
            throw failure("\(error); \(error.remedy)")
        }
        let text = output.withBytes { String(decoding: $0, as: UTF8.self) }
        guard let json = try? JSONValue(parsing: text) else {
            throw failure("\(name) printed something that is not JSON")
        }
        guard json["Version"] == .integer(1) else {
            throw failure("\(name) printed JSON that is not of version 1 (`\"Version\": 1`)")
        }
        guard let found = JSONCredentials.read(json, token: "SessionToken", source: self.name) else {
            throw failure("\(name) printed no AccessKeyId and SecretAccessKey, or an Expiration that is no time")
        }
        return found
    }

    /// Variables that AWS's own tools read, and those that say how the network is reached.
    private static func isForAWS(_ variable: String) -> Bool {
        let name = variable.uppercased()
        return name.hasPrefix("AWS_")
            || ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"].contains(name)
    }
}
