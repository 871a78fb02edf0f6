internal import FoundationEssentials

/// Where the program's other parts are: beside it, in whatever prefix it was installed.
package struct Installation: Sendable {
    /// The directory above `bin`.
    package let prefix: String

    package init(prefix: String) { self.prefix = prefix }

    /// The running program's.
    package static var current: Installation {
        let program =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "/usr/local/bin/keyturn"
        let prefix = URL(fileURLWithPath: program).deletingLastPathComponent().deletingLastPathComponent()
        return Installation(prefix: prefix.path)
    }

    var runner: String { "\(prefix)/libexec/keyturn/keyturn-runner" }
    var sandbox: String { "\(prefix)/libexec/keyturn/keyturn-sandbox" }
    var conformance: String { "\(prefix)/libexec/keyturn/keyturn-conformance" }
    /// The example pushers, which `plugin new` begins with.
    var templates: String { "\(prefix)/share/keyturn/templates" }
    /// The SDK's sources, for pushers in Swift.
    var kit: String { "\(prefix)/share/keyturn/plugin-sdk" }
    var pushers: String { "\(prefix)/lib/keyturn/pushers" }

    func need(_ program: String) throws -> String {
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw OperationFailure(
                .failed, "\(program) is missing: the installation is not complete (`make install` makes it)")
        }
        return program
    }
}
