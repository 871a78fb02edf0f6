internal import Rotation
internal import Secrets

/// What a profile of the shared files says about credentials: keys, a role and whose credentials assume it, a token file,
/// or a program. The files are read again each time, so that a key that was replaced there is found.
///
/// The rules are botocore's: `AssumeRoleProvider` and `ProfileProviderBuilder` of `credentials.py`.
struct ProfileCredentials {
    /// Profiles that a role may go through; more is a mistake.
    private static let longestChain = 8

    let surroundings: CredentialContext

    /// The profile's role, where it has one.
    var role: any CredentialSource {
        Part(profiles: self, name: label) { source throws(AWSError) in try source.role() }
    }
    /// All but a role.
    var rest: any CredentialSource { Part(profiles: self, name: label) { source throws(AWSError) in try source.own() } }
    /// All of it; there being nothing is an error.
    var whole: any CredentialSource {
        Part(profiles: self, name: label) { source throws(AWSError) in
            if let found = try source.role() { return found }
            if let found = try source.own() { return found }
            throw AWSError(
                .denied,
                "AWS credentials from profile \(source.profile.name): it has none; keyturn reads aws_access_key_id with "
                    + "aws_secret_access_key, role_arn, web_identity_token_file and credential_process")
        }
    }

    private var wanted: String { named ?? "default" }
    private var isNamed: Bool { named != nil }
    private var named: String? { ProfileSettings.name(surroundings.account.profile, surroundings.environment) }
    private var label: String { "the shared files (profile \(wanted))" }

    /// One step of the chain: the files are read when it is asked.
    private struct Part: CredentialSource {
        let profiles: ProfileCredentials
        let name: String
        let choose: @Sendable (ProfileReading) throws(AWSError) -> (any CredentialSource)?

        func credentials() async throws(AWSError) -> Credentials? {
            let files = try SharedFiles(environment: profiles.surroundings.environment)
            guard let profile = files.profile(profiles.wanted) else {
                guard profiles.isNamed else { return nil }
                throw failure("the shared files have no profile \(profiles.wanted)")
            }
            let reading = ProfileReading(
                surroundings: profiles.surroundings, files: files, profile: profile, visited: [profile.name])
            return try await choose(reading)?.credentials()
        }
    }

    /// One profile, and the profiles that led to it.
    struct ProfileReading {
        let surroundings: CredentialContext
        let files: SharedFiles
        let profile: Profile
        let visited: [String]

        /// The role that the profile says to assume.
        func role() throws(AWSError) -> (any CredentialSource)? {
            guard profile.hasRole, let arn = profile["role_arn"] else { return nil }
            if let serial = profile["mfa_serial"] {
                throw failure(
                    "mfa_serial \(serial) asks for a code that a person types; give keyturn a role without it, or credentials "
                        + "that someone else got, with credential_process")
            }
            var role = Account.Role(arn: arn)
            role.externalID = profile["external_id"]
            role.sessionName = profile["role_session_name"]
            if let text = profile["duration_seconds"] {
                guard let seconds = Int(text), (900...43_200).contains(seconds) else {
                    throw failure("duration_seconds must be a number from 900 to 43200")
                }
                role.duration = .seconds(seconds)
            }
            return AssumedRole(role: role, base: try base(), surroundings: surroundings, through: profile.name)
        }

        /// What the profile has besides a role, in botocore's order.
        func own() throws(AWSError) -> (any CredentialSource)? {
            if let file = profile["web_identity_token_file"] {
                guard let arn = profile["role_arn"] else {
                    throw failure("it has a web_identity_token_file and no role_arn")
                }
                var role = Account.Role(arn: arn)
                role.sessionName = profile["role_session_name"]
                return WebIdentityCredentials(
                    file: file, role: role, surroundings: surroundings, place: "profile \(profile.name)")
            }
            if let keys = try keys(profile.credentials) { return keys }
            if let command = profile["credential_process"] {
                return ProcessCredentials(
                    command: command, environment: surroundings.environment, place: "profile \(profile.name)")
            }
            if let keys = try keys(profile.config) { return keys }
            guard profile["sso_session"] == nil, profile["sso_start_url"] == nil else {
                throw failure(
                    "it signs in with SSO, which keyturn does not; give it another profile with `credential_process = aws "
                        + "configure export-credentials --profile \(profile.name)`")
            }
            return nil
        }

        private func keys(_ settings: [String: ProfileFile.Value]) throws(AWSError) -> StaticCredentials? {
            let (id, secret) = (settings["aws_access_key_id"], settings["aws_secret_access_key"])
            guard id != nil || secret != nil else { return nil }
            guard let id = try whole(id, "aws_access_key_id") else {
                throw failure(
                    "\(profile.place("aws_secret_access_key")): it has an aws_secret_access_key and no aws_access_key_id"
                )
            }
            guard id.utf8.allSatisfy(Self.isOfKeyID) else {
                throw failure(
                    "\(profile.place("aws_access_key_id")): aws_access_key_id has characters that no access key ID has; what follows a "
                        + "value on its line is a part of it, also behind a #")
            }
            guard let secret = try whole(secret, "aws_secret_access_key") else {
                throw failure("\(profile.place("aws_access_key_id")): it has a key ID and no aws_secret_access_key")
            }
            // botocore's names, in its order.
            let tokenName = settings["aws_security_token"] == nil ? "aws_session_token" : "aws_security_token"
            let token = try whole(settings[tokenName], tokenName, mayBeEmpty: true)
            return StaticCredentials(
                name: StaticCredentials.name(ofProfile: profile.name),
                pair: KeyPair(id: AccessKeyID(id), secret: .text(secret)),
                sessionToken: token.map { .text($0) })
        }

        private static func isOfKeyID(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
        }

        /// A value that has to be on one line. AWS's tools take what is indented below it for a part of it, and so sign
        /// with something that no one meant.
        private func whole(
            _ value: ProfileFile.Value?, _ name: String, mayBeEmpty: Bool = false
        ) throws(AWSError) -> String? {
            guard let value else { return nil }
            guard !value.text.contains("\n") else {
                throw failure(
                    "\(profile.place(name)): \(name) goes on in the next line, which is further in: write them one below the other"
                )
            }
            guard !value.text.isEmpty else {
                if mayBeEmpty { return nil }
                throw failure("\(profile.place(name)): \(name) is empty")
            }
            return value.text
        }

        /// Whose credentials assume the role: another profile's, or a place that is named.
        private func base() throws(AWSError) -> any CredentialSource {
            switch (profile["source_profile"], profile["credential_source"]) {
            case (let source?, nil): return try base(source)
            case (nil, "Environment"?): return EnvironmentCredentials(environment: surroundings.environment)
            case (nil, "EcsContainer"?):
                return ContainerCredentials(surroundings: surroundings)
            case (nil, "Ec2InstanceMetadata"?):
                return InstanceCredentials(surroundings: surroundings)
            case (nil, let other?):
                throw failure(
                    "credential_source is `\(other)`; it must be Environment, EcsContainer or Ec2InstanceMetadata")
            case (.some, .some):
                throw failure("it has both source_profile and credential_source; leave one of the two out")
            case (nil, nil): throw failure("it has a role_arn and neither source_profile nor credential_source")
            }
        }

        private func base(_ source: String) throws(AWSError) -> any CredentialSource {
            guard let next = files.profile(source) else {
                throw failure("its source_profile `\(source)` is not in the shared files")
            }
            // A profile may name itself for its own keys: then they assume its role.
            let isOwnKeys = source == profile.name && next.hasKeys
            guard isOwnKeys || !visited.contains(source) else {
                throw failure("source_profile leads in a circle: \((visited + [source]).joined(separator: " → "))")
            }
            guard visited.count < ProfileCredentials.longestChain else {
                throw failure("source_profile leads through more than \(ProfileCredentials.longestChain) profiles")
            }
            let reading = ProfileReading(
                surroundings: surroundings, files: files, profile: next, visited: visited + [source])
            // A source's own keys come before its role.
            let found = next.hasKeys || !next.hasRole ? try reading.own() : try reading.role()
            guard let found else { throw failure("its source_profile `\(source)` has no credentials") }
            return found
        }

        private func failure(_ words: String) -> AWSError {
            AWSError(.denied, "AWS credentials from profile \(profile.name): \(words)")
        }
    }
}

/// A pair that was read.
struct StaticCredentials: CredentialSource {
    let name: String
    let pair: KeyPair
    let sessionToken: Secret?

    static func name(ofProfile name: String) -> String { "profile \(name)" }

    func credentials() async throws(AWSError) -> Credentials? {
        Credentials(pair: pair, sessionToken: sessionToken, source: name)
    }
}
