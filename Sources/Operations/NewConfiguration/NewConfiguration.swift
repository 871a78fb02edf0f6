internal import AWS
internal import FileTrust
internal import FoundationEssentials
internal import Journal
internal import Rotation
internal import Secrets

/// The files of a new configuration: `keyturn.yaml`, the seal key and the IAM policy, in one directory.
package struct NewConfiguration {
    /// What is known already of what is to be rotated.
    package struct Choice: Sendable {
        package var users: [String]
        package var region: String
        package var target: FirstTarget?
        /// The base URL of IAM and STS, instead of AWS's own.
        package var endpoint: String?

        /// Why a text cannot be a region; nil: it has the form of one.
        package static func refusal(ofRegion region: String) -> String? {
            Region.isName(region) ? nil : "`\(region)` is not an AWS region: it has the form of us-east-1"
        }

        /// The region that the environment or the profile of AWS's own tools names, else us-east-1.
        package static func usualRegion(_ environment: [String: String]) -> String {
            let region = Account.region(configured: nil, profile: nil, environment)
            return Region.isName(region) ? region : "us-east-1"
        }

        /// What `check` would say of the region; nil: nothing. A stand-in takes any.
        package var remark: String? { endpoint == nil ? KnownRegions.remark(on: region) : nil }

        package init(users: [String], region: String, endpoint: String?) {
            (self.users, self.region, self.endpoint) = (users, region, endpoint)
        }
    }

    package let file: String
    package let sealKey: String
    package let policy: String

    /// - Throws: ``OperationFailure`` where one of the files is there already, or their directory is not.
    package init(file: String) throws {
        let directory = URL(fileURLWithPath: file).deletingLastPathComponent().path
        let place = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().map { "\($0)/" }.joined()
        (self.file, sealKey, policy) = (file, "\(place)seal.key", "\(place)keyturn-policy.json")
        let inTheWay = [file, sealKey, policy].filter { FileManager.default.fileExists(atPath: $0) }
        guard inTheWay.isEmpty else {
            let names = inTheWay.joined(separator: ", ")
            let option = file == "keyturn.yaml" ? "" : " --config \(file)"
            let next =
                inTheWay.contains(file)
                ? "Edit \(file) and run `keyturn check\(option)`"
                : "Move \(names) away if nothing uses \(inTheWay.count == 1 ? "it" : "them")"
            throw OperationFailure(
                .failed,
                "\(names) \(inTheWay.count == 1 ? "exists" : "exist") already; nothing was written. \(next), or name another "
                    + "directory: `mkdir \(place)new && keyturn init --config \(place)new/keyturn.yaml`")
        }
        guard FileManager.default.fileExists(atPath: directory) else {
            throw OperationFailure(
                .failed,
                "the directory \(directory) does not exist; nothing was written. `mkdir -p \(directory)` makes it")
        }
    }

    /// Writes the three files.
    package func write(_ choice: Choice, _ systems: [CISystem]) throws {
        let names = choice.users.isEmpty ? ["cicd-bot"] : choice.users
        let document = PolicyDocument(users: names, partition: Partition(region: choice.region))
        let template = ConfigurationTemplate(
            users: choice.users, region: choice.region, endpoint: choice.endpoint, target: choice.target,
            systems: systems)
        try write(template.text, to: file, mode: 0o644)
        let key = Seal.makeKey().withBytes { Data($0).base64EncodedString() }
        try write(key + "\n", to: sealKey, mode: 0o600)
        try write(try document.text() + "\n", to: policy, mode: 0o644)
    }

    private func write(_ text: String, to path: String, mode: Int) throws {
        let attributes: [FileAttributeKey: Any] = [.posixPermissions: mode]
        guard FileManager.default.createFile(atPath: path, contents: Data(text.utf8), attributes: attributes) else {
            throw OperationFailure(.failed, "\(path) cannot be written: \(FileAccess.refusal(unmade: path))")
        }
    }
}
