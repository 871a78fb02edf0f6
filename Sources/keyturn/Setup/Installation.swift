internal import FoundationEssentials

/// Where the program's other parts are: beside it, in whatever prefix it was installed.
struct Installation {
    /// The directory above `bin`.
    let prefix: String

    /// The running program's.
    static var current: Installation {
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
            throw CommandFailure(
                .failed, "\(program) is missing: the installation is not complete (`make install` makes it)")
        }
        return program
    }
}
