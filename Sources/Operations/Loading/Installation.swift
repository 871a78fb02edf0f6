internal import CLinux
internal import FoundationEssentials
internal import PusherHost

/// Where the program's other parts are: next to it, in whatever prefix it was installed.
///
/// In the archive that brings its own C library, what is in `bin` and `libexec` is a launcher, which starts the programs of
/// `lib/keyturn/programs` with the dynamic linker of `lib/keyturn/libraries`: see `Packaging/archive/launcher.c`.
package struct Installation: Sendable {
    /// The directory above `bin`.
    package let prefix: String
    /// Whether it brings its own C library.
    let isBundled: Bool

    package init(prefix: String) { self.init(prefix: prefix, isBundled: false) }

    private init(prefix: String, isBundled: Bool) { (self.prefix, self.isBundled) = (prefix, isBundled) }

    /// The running program's.
    package static var current: Installation {
        let program =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "/usr/local/bin/keyturn"
        func above(_ path: String, _ levels: Int) -> String {
            (0..<levels).reduce(URL(fileURLWithPath: path)) { url, _ in url.deletingLastPathComponent() }.path
        }
        // Who is started by the dynamic linker finds that under /proc/self/exe, and itself where the linker has put it.
        if program.hasSuffix("/lib/keyturn/libraries/ld-linux-x86-64.so.2"), let name = startedFile {
            return Installation(prefix: above(name, 4), isBundled: true)
        }
        return Installation(prefix: above(program, 2))
    }

    /// The program's own file, as the dynamic linker was given it.
    private static var startedFile: String? { kt_started_file().map { String(cString: $0) } }

    /// The runner as it is linked, and its libraries where those are not the system's.
    var linkedRunner: (file: String, libraries: String?) {
        isBundled
            ? ("\(prefix)/lib/keyturn/programs/keyturn-runner", "\(prefix)/lib/keyturn/libraries") : (runner, nil)
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

extension SealedLibrary {
    /// Why it cannot be loaded by the installation's runner; nil: nothing that its headers say is against it.
    func obstacle(in installation: Installation) -> String? {
        let (file, libraries) = installation.linkedRunner
        return obstacle(in: file, libraries: libraries)
    }
}
