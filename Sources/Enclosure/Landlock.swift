internal import CEnclosure
internal import Glibc

/// No file system but what was granted, no TCP, no signals to others. See landlock(7).
enum Landlock {
    /// Rights on files, as bits of `linux/landlock.h`.
    private enum Right {
        static let writeFile: UInt64 = 1 << 1
        static let readFile: UInt64 = 1 << 2
        static let readDirectory: UInt64 = 1 << 3
        static let removeFile: UInt64 = 1 << 5
        static let makeFile: UInt64 = 1 << 8
        static let truncate: UInt64 = 1 << 14
    }

    /// What libraries read to look up names and check certificates.
    private static let networkFiles = [
        "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/host.conf", "/etc/services",
        "/etc/ssl", "/etc/pki", "/usr/share/ca-certificates", "/usr/lib", "/usr/lib64", "/lib", "/lib64",
    ]

    /// Shuts the process in.
    ///
    /// - Returns: the version of the kernel's Landlock.
    static func enter(_ grants: ProcessGrants) throws(Enclosure.Failure) -> Int {
        let version = Int(kt_landlock_version())
        // Each version added rights at the end.
        let count: UInt64 = version >= 5 ? 16 : version >= 3 ? 15 : version >= 2 ? 14 : 13
        let handled = (1 << count) - 1 as UInt64
        let network: UInt64 = version >= 4 && !grants.network ? 0b11 : 0
        let scopes: UInt64 = version >= 6 ? 0b11 : 0
        let size = version >= 6 ? 24 : version >= 4 ? 16 : 8
        let ruleset = kt_landlock_create(handled, network, scopes, size)
        guard ruleset >= 0 else { throw failure("landlock_create_ruleset") }
        defer { close(ruleset) }
        let reading = Right.readFile | Right.readDirectory
        let writing = reading | Right.writeFile | Right.removeFile | Right.makeFile | Right.truncate
        for path in grants.readable { try allow(path, reading & handled, ruleset) }
        for path in grants.writable { try allow(path, writing & handled, ruleset) }
        if grants.network {
            for path in networkFiles where access(path, F_OK) == 0 { try allow(path, reading & handled, ruleset) }
        }
        guard kt_landlock_enter(ruleset) == 0 else {
            // Without no_new_privs it takes privileges.
            let isRefusal = errno == EPERM
            throw Enclosure.Failure(description: failure("landlock_restrict_self").description, isRefusal: isRefusal)
        }
        return version
    }

    private static func allow(_ path: String, _ rights: UInt64, _ ruleset: Int32) throws(Enclosure.Failure) {
        let descriptor = kt_open_path(path)
        guard descriptor >= 0 else { throw failure("the granted path \(path)") }
        defer { close(descriptor) }
        var attributes = stat()
        guard fstat(descriptor, &attributes) == 0 else { throw failure("the granted path \(path)") }
        let isDirectory = attributes.st_mode & S_IFMT == S_IFDIR
        let ofFiles = Right.readFile | Right.writeFile | Right.truncate
        guard kt_landlock_allow(ruleset, isDirectory ? rights : rights & ofFiles, descriptor) == 0 else {
            throw failure("the granted path \(path)")
        }
    }

    private static func failure(_ what: String) -> Enclosure.Failure {
        Enclosure.Failure(description: "\(what): \(String(cString: strerror(errno)))")
    }
}
