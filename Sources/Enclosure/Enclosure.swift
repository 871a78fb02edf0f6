internal import CEnclosure
internal import CLinux
internal import Glibc

/// Shuts the calling process in, for good, before it opens a library that it does not trust: the library's constructors
/// run the moment it is opened. No privileges are needed for any of it.
public enum Enclosure {
    /// What a kernel may lack, or what whoever started keyturn may refuse it.
    public enum Part: String, Hashable, Sendable, CaseIterable {
        /// No privileges by way of programs that have them: Linux 3.5. AWS Lambda refuses it.
        case noNewPrivileges = "no-new-privs"
        /// No file system, no sockets, no signals to others: Linux 5.13, switched on at boot.
        case landlock
        /// Only system calls that computing needs.
        case seccomp
    }

    /// Why the process could not be sandboxed.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// One sentence for people.
        public var description: String
        /// Whether the kernel, or a filter that this process was started under, refuses the part as a whole.
        var isRefusal = false

        init(description: String, isRefusal: Bool = false) {
            (self.description, self.isRefusal) = (description, isRefusal)
        }

        /// The kernel lacks a part, and that was not accepted.
        public init(lacking part: Part) {
            description =
                "this machine's kernel has no \(part.rawValue), so the pusher cannot be sandboxed; `plugins: { accept-missing: [\(part.rawValue)] }` does without it"
        }
    }

    /// The parts that a process can have on this machine.
    public static var available: Set<Part> { walls.parts }

    /// What was found by trying, once: it does not change while a process runs.
    static let walls = Walls.probe()

    /// The walls of this machine, each with whether it can be had, for a line of the log.
    public static var report: [(wall: String, isThere: Bool)] { walls.report }

    /// Whether the kernel knows the part. That it may be used shows when it is.
    private static func isKnown(_ part: Part) -> Bool {
        switch part {
        case .noNewPrivileges: true
        case .landlock: kt_landlock_version() > 0
        case .seccomp: kt_is_filter_available() != 0
        }
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
        var inForce = ["limits"]
        try require(.noNewPrivileges, accepted) { () throws(Failure) in
            guard kt_no_new_privileges() == 0 else {
                let reason = String(cString: strerror(errno))
                throw Failure(description: "the kernel refuses no_new_privs: \(reason)", isRefusal: true)
            }
            inForce.append("no-new-privs")
        }
        umask(0o077)
        // A write to a socket whose reader is gone is an error, not a signal that looks like a crash.
        signal(SIGPIPE, SIG_IGN)
        try Limits.set(for: grants)
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
        let needed: [Part] = grants.programs ? [.noNewPrivileges, .seccomp] : Part.allCases
        return needed.filter { !available.contains($0) }
    }

    private static func require(
        _ part: Part, _ accepted: Set<Part>, _ enter: () throws(Failure) -> Void
    ) throws(Failure) {
        var isThere = isKnown(part)
        if isThere {
            do { try enter() } catch {
                guard error.isRefusal else { throw error }
                isThere = false
            }
        }
        guard !isThere, !accepted.contains(part) else { return }
        throw Failure(lacking: part)
    }
}
