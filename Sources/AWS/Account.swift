/// Where one AWS account is reached.
public struct Account: Hashable, Sendable {
    /// The region, which decides the partition and the STS endpoint.
    public var region: String
    /// A profile of the shared files; nil: `AWS_DEFAULT_PROFILE` or `AWS_PROFILE`, else `default`.
    public var profile: String?
    /// The base URL of all services instead of AWS's; nil: the environment's, else AWS's.
    public var endpoint: String?
    /// A role to assume in it with the other settings' credentials; nil: these are the account's own.
    public var role: Role?

    /// A role, and how it is assumed.
    public struct Role: Hashable, Sendable {
        /// `arn:PARTITION:iam::ACCOUNT:role/NAME`
        public var arn: String
        /// What the role's trust policy may ask for.
        public var externalID: String?
        /// Names the session in the account's CloudTrail; nil: keyturn and this machine's name.
        public var sessionName: String?
        /// How long the credentials are to last; nil: as the role says, an hour as a rule.
        public var duration: Duration?

        /// A role.
        public init(arn: String, externalID: String? = nil, sessionName: String? = nil) {
            self.arn = arn
            self.externalID = externalID
            self.sessionName = sessionName
        }
    }

    /// One account.
    public init(region: String, profile: String? = nil, endpoint: String? = nil, role: Role? = nil) {
        self.region = region
        self.profile = profile
        self.endpoint = endpoint
        self.role = role
    }

    /// The partition of the region.
    public var partition: Partition { Partition(region: region) }

    /// The base URL of a service: the configured one, then that of `AWS_ENDPOINT_URL_IAM` or the like, then that of
    /// `AWS_ENDPOINT_URL`, then that of the profile, then AWS's own.
    func endpoint(of service: Service, _ environment: [String: String]) -> String {
        configuredEndpoint(of: service, environment)?.url
            ?? (service == .iam ? partition.iamEndpoint : partition.endpoint(of: service, region: region))
    }

    /// The base URL of a service where a setting names one, and the setting; nil: it is AWS's own.
    func configuredEndpoint(
        of service: Service, _ environment: [String: String]
    ) -> (url: String, setting: String)? {
        if let endpoint, !endpoint.isEmpty { return (endpoint, "`endpoint-url` in the configuration") }
        let settings = ProfileSettings(of: self, environment)
        guard !settings.ignoresEndpoints else { return nil }
        let names = ["AWS_ENDPOINT_URL_\(service.settingsName.uppercased())", "AWS_ENDPOINT_URL"]
        if let name = names.first(where: { environment[$0]?.isEmpty == false }), let url = environment[name] {
            return (url, "$\(name)")
        }
        return settings.endpoint(of: service).map {
            ($0, "`endpoint_url` of profile \(ProfileSettings.name(profile, environment) ?? "default")")
        }
    }

    /// The region of a signature for the service.
    func signingRegion(of service: Service) -> String { service == .iam ? partition.iamRegion : region }
}
