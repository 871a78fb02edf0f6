/// What the profile that is in use says besides credentials, by the rules of AWS's tools. Files that cannot be read say nothing
/// here: the error comes where credentials are looked for.
struct ProfileSettings {
    private let files: SharedFiles?
    private let profile: Profile?
    private let environment: [String: String]

    init(of account: Account, _ environment: [String: String]) {
        self.init(profile: account.profile, environment)
    }

    init(profile named: String?, _ environment: [String: String]) {
        self.environment = environment
        files = try? SharedFiles(environment: environment)
        profile = files?.profile(Self.name(named, environment) ?? "default")
    }

    /// The profile's name, in botocore's order; nil: none is named.
    static func name(_ configured: String?, _ environment: [String: String]) -> String? {
        [configured, environment["AWS_DEFAULT_PROFILE"], environment["AWS_PROFILE"]].compactMap { $0 }
            .first { !$0.isEmpty }
    }

    /// `region`
    var region: String? { profile?["region"] }

    /// `ca_bundle`, after `AWS_CA_BUNDLE`: a file of certificate authorities for AWS alone.
    var authorities: String? {
        let named = environment["AWS_CA_BUNDLE"].flatMap { $0.isEmpty ? nil : $0 } ?? profile?["ca_bundle"]
        return named.map { HomePath.expanded($0, environment) }
    }

    /// Whether endpoints of environment and profile are not to be used.
    var ignoresEndpoints: Bool {
        let text = environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] ?? profile?["ignore_configured_endpoint_urls"]
        return text?.lowercased() == "true"
    }

    /// `endpoint_url` of the service, in the `[services]` section that the profile names, else of the profile itself.
    func endpoint(of service: Service) -> String? {
        let nested = profile?["services"].flatMap { files?.services($0) }?[service.settingsName]?.text ?? ""
        for line in nested.split(separator: "\n") {
            guard let sign = line.firstIndex(of: "="), line[..<sign].trimmed == "endpoint_url" else { continue }
            let value = line[line.index(after: sign)...].trimmed
            if !value.isEmpty { return value }
        }
        return profile?["endpoint_url"]
    }
}

extension Account {
    /// The region to use: the configured one, then that of `AWS_REGION` and `AWS_DEFAULT_REGION`, then the profile's, then
    /// us-east-1.
    public static func region(
        configured: String?, profile: String?, _ environment: [String: String]
    ) -> String {
        let candidates = [configured, environment["AWS_REGION"], environment["AWS_DEFAULT_REGION"]]
        return candidates.compactMap { $0 }.first { !$0.isEmpty }
            ?? ProfileSettings(profile: profile, environment).region ?? "us-east-1"
    }
}
