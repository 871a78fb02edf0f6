internal import AWS
internal import ArgumentParser
internal import Foundation
internal import Journal
internal import Secrets

struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Writes a commented keyturn.yaml, the seal key and the IAM policy it needs.",
        discussion: """
            The files are written beside each other: where --config says, else here. Nothing that is there already is \
            overwritten.
            """)

    @Option(
        name: .customLong("user"),
        help: ArgumentHelp("An IAM user to manage; may be given several times.", valueName: "user"))
    var users: [String] = []

    @Option(help: "The AWS region.")
    var region = "us-east-1"

    @Option(help: "The base URL of IAM and STS, instead of AWS's own.")
    var endpointURL: String?

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        for user in users
        where !user.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "_+=,.@-".contains($0)) }) {
            throw ValidationError("`\(user)` is no IAM user name: up to 64 letters, digits and _+=,.@-")
        }
    }

    func run() throws {
        let file = options.config ?? "keyturn.yaml"
        let directory = URL(fileURLWithPath: file).deletingLastPathComponent().path
        let (sealKey, policy) = ("\(directory)/seal.key", "\(directory)/keyturn-policy.json")
        for path in [file, sealKey, policy] where FileManager.default.fileExists(atPath: path) {
            throw CommandFailure(.failed, "\(path) exists already; nothing was written")
        }
        guard FileManager.default.fileExists(atPath: directory) else {
            throw CommandFailure(.failed, "the directory \(directory) does not exist; nothing was written")
        }
        let partition = Partition(region: region).rawValue
        let names = users.isEmpty ? ["cicd-bot"] : users
        let document = PolicyDocument(users: names.map { (partition, $0) })
        try write(
            ConfigurationTemplate(users: users, region: region, endpoint: endpointURL).text, to: file, mode: 0o644)
        let key = Seal.makeKey().withBytes { Data($0).base64EncodedString() }
        try write(key + "\n", to: sealKey, mode: 0o600)
        try write(try document.text() + "\n", to: policy, mode: 0o644)
        try tell(file, sealKey, policy)
    }

    private func write(_ text: String, to path: String, mode: Int) throws {
        let attributes: [FileAttributeKey: Any] = [.posixPermissions: NSNumber(value: mode)]
        guard FileManager.default.createFile(atPath: path, contents: Data(text.utf8), attributes: attributes) else {
            throw CommandFailure(.failed, "\(path) cannot be written")
        }
    }

    private func tell(_ file: String, _ sealKey: String, _ policy: String) throws {
        if options.json {
            return try JSONOutput.print(["configuration": file, "seal-key": sealKey, "policy": policy])
        }
        guard !options.quiet else { return }
        Terminal(options).write(
            """
            \(file)  the configuration: fill in pushers and users
            \(sealKey)  the seal key (mode 0600): back it up apart from the state
            \(policy)  the IAM policy for the identity that keyturn runs as; `keyturn policy` prints it anew

            Next: edit \(file), then `keyturn check --online`, then `keyturn rotate --wait`.

            """)
    }
}
