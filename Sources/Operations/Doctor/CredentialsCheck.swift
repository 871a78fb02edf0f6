internal import AWS
internal import FileTrust
internal import FoundationEssentials

/// Where keyturn finds its AWS credentials on this machine, and never what they are. Asks no one and starts nothing.
///
/// The order is that of AWS's own tools. What a role, a container or a machine gives has to be asked for, as `check --online` does.
struct CredentialsCheck {
    let environment: [String: String]

    private static let subject = "credentials"

    /// - Parameter profiles: those that the configuration names; nil within: none, so that AWS's own order holds.
    func findings(_ profiles: Set<String?>) -> [Finding] {
        let named = profiles.compactMap(\.self).sorted().map { profile($0, isNeeded: true) }
        return (profiles.isEmpty || profiles.contains(nil) ? [usual] : []) + named.compactMap(\.self)
    }

    private var usual: Finding {
        if has("AWS_ACCESS_KEY_ID") {
            guard has("AWS_SECRET_ACCESS_KEY") else {
                return Finding(
                    Self.subject, .notAllowed, "$AWS_ACCESS_KEY_ID is set, and $AWS_SECRET_ACCESS_KEY is not")
            }
            return Finding(Self.subject, .done, "in the environment ($AWS_ACCESS_KEY_ID)")
        }
        if has("AWS_WEB_IDENTITY_TOKEN_FILE"), let file = environment["AWS_WEB_IDENTITY_TOKEN_FILE"] {
            guard FileManager.default.isReadableFile(atPath: file) else {
                return Finding(
                    Self.subject, .notAllowed,
                    "$AWS_WEB_IDENTITY_TOKEN_FILE is \(file), which cannot be read: \(FileAccess.refusal(unread: file))"
                )
            }
            return Finding(Self.subject, .done, "a role, by the token in \(FileAccess.facts(of: file) ?? file)")
        }
        let name = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"].first(where: has).flatMap { environment[$0] }
        if let found = profile(name ?? "default", isNeeded: name != nil) { return found }
        let container = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"].first(
            where: has)
        if let container { return Finding(Self.subject, .done, "a role of the container ($\(container))") }
        var finding = Finding(Self.subject, .done, "none in the environment and in \(files.joined(separator: ", "))")
        finding.warning =
            "a role of this machine is the last that is tried: `keyturn check --online` shows whether it has one"
        return finding
    }

    /// A profile of the shared files.
    ///
    /// - Returns: nil: there is none of that name, and none was asked for.
    private func profile(_ name: String, isNeeded: Bool) -> Finding? {
        let found: String?
        do throws(AWSError) { found = try SharedProfiles.file(of: name, environment) } catch {
            return Finding(Self.subject, ExitStatus(error), error.description)
        }
        guard let file = found else {
            guard isNeeded else { return nil }
            return Finding(Self.subject, .notAllowed, "\(files.joined(separator: " and ")) have no profile \(name)")
        }
        var finding = Finding(Self.subject, .done, "profile \(name) in \(FileAccess.facts(of: file) ?? file)")
        finding.warning = FileAccess.exposure(file)
        return finding
    }

    private var files: [String] { SharedProfiles.files(environment) }

    private func has(_ variable: String) -> Bool { environment[variable]?.isEmpty == false }
}
