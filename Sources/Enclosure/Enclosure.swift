internal import CEnclosure
internal import CLinux
internal import Glibc

/// Shuts the calling process in, for good, before it opens a library that it does not trust: the library's constructors
/// run the moment it is opened. No privileges are needed for any of it.
public enum Enclosure {
    /// What a kernel may lack. The rest is there since Linux 3.5.
    public enum Part: String, Hashable, Sendable, CaseIterable {
        /// No file system, no sockets, no signals to others: Linux 5.13, switched on at boot.
        case landlock
        /// Only system calls that computing needs.
        case seccomp
    }

    /// Why the process could not be shut in.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// One sentence for people.
        public var description: String

        init(description: String) { self.description = description }

        /// The kernel lacks a part, and that was not accepted.
        public init(lacking part: Part) {
            description =
                "this machine's kernel has no \(part.rawValue), so the pusher cannot be shut in; `plugins: { accept-missing: [\(part.rawValue)] }` does without it"
        }
    }

    /// The parts that this machine's kernel has.
    public static var available: Set<Part> {
        var parts: Set<Part> = []
        if kt_landlock_version() > 0 { parts.insert(.landlock) }
        if kt_is_filter_available() != 0 { parts.insert(.seccomp) }
        return parts
    }

    /// Dies with the process that started this one, whatever becomes of it.
    ///
    /// - Parameter parent: that process. It may have died before this could be asked for; then this one ends.
    public static func dieWith(parent: Int32) {
        guard kt_die_with_parent() == 0, getppid() == parent else { _exit(70) }
    }

    /// Shuts the process in.
    ///
    /// - Parameters:
    ///   - grants: what stays allowed.
    ///   - accepted: parts that the operator does without where the kernel lacks them.
    /// - Returns: the parts in force, in words, for people.
    public static func enter(_ grants: ProcessGrants, without accepted: Set<Part> = []) throws(Failure) -> [String] {
        guard kt_no_new_privileges() == 0 else {
            throw Failure(description: "the kernel refuses no_new_privs: \(String(cString: strerror(errno)))")
        }
        umask(0o077)
        // A write to a socket whose reader is gone is an error, not a signal that looks like a crash.
        signal(SIGPIPE, SIG_IGN)
        try Limits.set(for: grants)
        var inForce = ["limits", "no-new-privs"]
        if grants.programs {
            try require(.seccomp, accepted) { () throws(Failure) in
                try SystemCalls.refuseDangerous()
                inForce.append("seccomp (programs granted)")
            }
            return inForce
        }
        try require(.landlock, accepted) { () throws(Failure) in
            inForce.append("landlock \(try Landlock.enter(grants))")
        }
        try require(.seccomp, accepted) { () throws(Failure) in
            try SystemCalls.allowOnlyComputing(grants)
            inForce.append("seccomp")
        }
        return inForce
    }

    /// The parts that a process with these grants needs, and that this machine's kernel lacks.
    public static func missing(for grants: ProcessGrants) -> [Part] {
        let needed: [Part] = grants.programs ? [.seccomp] : [.landlock, .seccomp]
        return needed.filter { !available.contains($0) }
    }

    private static func require(
        _ part: Part, _ accepted: Set<Part>, _ enter: () throws(Failure) -> Void
    ) throws(Failure) {
        guard available.contains(part) else {
            guard !accepted.contains(part) else { return }
            throw Failure(lacking: part)
        }
        try enter()
    }
}
