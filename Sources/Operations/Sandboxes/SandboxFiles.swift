internal import FileTrust
internal import FoundationEssentials
internal import Journal
internal import Secrets

/// A configuration for a running sandbox, with everything that it refers to.
package struct SandboxFiles {
    package let directory: String
    package let configuration: String

    /// - Parameter systems: those of the installation; what the sandbox has stand-ins for is configured.
    package init(
        directory: String, _ place: SandboxProcess.Announcement, _ systems: [CISystem], overlap: String = "5s",
        soak: String = "5s"
    ) throws {
        self.directory = directory
        configuration = "\(directory)/keyturn.yaml"
        try Self.makeRoom(in: directory)
        let exports =
            place.exports(systems) + [
                "KEYTURN_CONFIG=\(Self.quoted(URL(fileURLWithPath: configuration).path))",
                "SANDBOX_CONTROL=\(place.control)",
            ]
        var files = [
            "keyturn.yaml": Self.text(place, systems, overlap: overlap, soak: soak),
            "seal.key": Seal.makeKey().withBytes { Data($0).base64EncodedString() },
            "environment": exports.map { "export \($0)\n" }.joined(),
        ]
        for (name, service) in place.services { files["\(name).token"] = service.token }
        for (name, text) in files {
            let path = "\(directory)/\(name)"
            guard
                FileManager.default.createFile(
                    atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
            else { throw OperationFailure(.failed, "\(path) cannot be written: \(FileAccess.refusal(unmade: path))") }
        }
    }

    /// Makes the directory. The state of an earlier sandbox goes: its keys were those of a stand-in that has ended.
    private static func makeRoom(in directory: String) throws {
        let files = FileManager.default
        do {
            try files.createDirectory(atPath: directory, withIntermediateDirectories: true)
            guard files.fileExists(atPath: "\(directory)/environment") else {
                let inTheWay = ["keyturn.yaml", "seal.key"].first { files.fileExists(atPath: "\(directory)/\($0)") }
                guard let inTheWay else { return }
                throw OperationFailure(
                    .failed,
                    "\(directory)/\(inTheWay) exists already, and is no earlier sandbox's; nothing was written. Name another directory"
                )
            }
            for name in try files.contentsOfDirectory(atPath: directory) where name.hasPrefix("keyturn.db") {
                try files.removeItem(atPath: "\(directory)/\(name)")
            }
        } catch let error as OperationFailure { throw error } catch {
            throw OperationFailure(
                .failed, "\(directory): the files of the sandbox cannot be written there: \(FileFailure.reason(error))")
        }
    }

    /// A word of the shell's, whatever is in it.
    private static func quoted(_ word: String) -> String {
        "'\(word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
    }

    private static func text(
        _ place: SandboxProcess.Announcement, _ systems: [CISystem], overlap: String, soak: String
    ) -> String {
        let known = place.systems(systems)
        let pushers = known.map { $0.pusherLine(tokenFile: "\($0.name).token", endpoint: $1.url) }
        let targets = known.map { system, _ in system.targetLine(system.place) }
        return """
            version: 1
            state: sqlite:keyturn.db
            seal-key: { file: seal.key }
            aws: { region: \(place.region), endpoint-url: \(place.aws) }
            pushers:
            \(pushers.map { "  \($0)\n" }.joined())\
            defaults: { rotate-every: 24h, overlap: \(overlap), soak: \(soak) }
            users:
              cicd-bot:
                targets:
            \(targets.map { "      \($0)\n" }.joined())
            """
    }
}

extension SandboxProcess.Announcement {
    /// Those that there are stand-ins for, as they are announced.
    package func systems(_ systems: [CISystem]) -> [(CISystem, SandboxProcess.Service)] {
        systems.compactMap { system in services[system.name].map { (system, $0) } }
    }

    /// What programs find in the environment: the key, the address of AWS, and each system's token.
    package func exports(_ systems: [CISystem]) -> [String] {
        [
            "AWS_ACCESS_KEY_ID=\(accessKeyId) AWS_SECRET_ACCESS_KEY=\(secretAccessKey)",
            "AWS_ENDPOINT_URL=\(aws) AWS_REGION=\(region)",
            self.systems(systems).compactMap { system, service in system.token.map { "\($0)=\(service.token)" } }
                .joined(separator: " "),
        ]
    }
}
