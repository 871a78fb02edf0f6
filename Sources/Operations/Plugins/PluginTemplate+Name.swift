internal import Configuration
internal import FoundationEssentials

extension PluginTemplate {
    /// Why an ID is not free; nil: it is.
    package static func reason(against name: String, _ installation: Installation) -> String? {
        if name == SelfRotation.pusher { return "targets of `self-rotation` have that name" }
        if name == "test" || name == "tests" || name.hasPrefix("test-") { return "such IDs are kept for tests" }
        let installed = "\(installation.pushers)/\(name)"
        return FileManager.default.fileExists(atPath: installed) ? "\(installed) is a pusher already" : nil
    }

    /// Whether `keyturn` is this program for a shell.
    package static func isOnPath(_ context: OperationContext) -> Bool {
        let path = context.environment["PATH"] ?? ""
        let first = path.split(separator: ":").map { "\($0)/keyturn" }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
        let own = "\(context.installation.prefix)/bin/keyturn"
        return first.map { URL(fileURLWithPath: $0).resolvingSymlinksInPath().path == own } ?? false
    }
}
