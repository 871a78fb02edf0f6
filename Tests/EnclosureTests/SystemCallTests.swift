import CEnclosure
@testable import Enclosure
import Glibc
import Testing

/// In one test each: the handler of refused calls is the process's.
@Suite("The filter of system calls", .serialized, .enabled(if: kt_is_filter_available() != 0))
struct SystemCallTests {
    /// What calls end with on a thread that may make only those of the table.
    private func outcomes(_ grants: ProcessGrants, _ calls: [@Sendable () -> Int32]) throws -> [Int32] {
        var found: [Int32] = []
        try confined {
            guard kt_no_new_privileges() == 0, (try? SystemCalls.allowOnlyComputing(grants)) != nil else { return }
            found = calls.map { call in failure(call) }
        }
        return found
    }

    @Test("refuses sockets, programs, other processes and devices, and remembers what was refused")
    func computing() throws {
        var refusals = Refusals()
        _ = refusals.take()
        let found = try outcomes(
            ProcessGrants(),
            [
                { socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) },
                { socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0) },
                { executeTrue() }, { kill(1, SIGTERM) }, { mount("none", "/mnt", "tmpfs", 0, nil) },
                { getpid() < 0 ? -1 : 0 },
            ])
        #expect(found == [EPERM, EPERM, EPERM, EPERM, EPERM, 0])
        let told = refusals.take()
        for name in ["socket", "execve", "kill", "mount"] { #expect(told.contains(name), "\(told)") }
    }

    @Test("lets sockets be made where the network was granted, and no raw ones")
    func network() throws {
        let found = try outcomes(
            ProcessGrants(network: true),
            [
                { socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) },
                { socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0) },
                { socket(AF_PACKET, Int32(SOCK_RAW.rawValue), 0) }, { socket(AF_NETLINK, Int32(SOCK_RAW.rawValue), 0) },
                { executeTrue() },
            ])
        #expect(found.prefix(2) == [0, 0] && found.last == EPERM)
        #expect(found[2] != 0, "a raw socket sees the traffic of others")
    }

    @Test("of a program that does its own work keeps only what is dangerous")
    func programs() throws {
        var found: [Int32] = []
        try confined {
            guard kt_no_new_privileges() == 0, (try? SystemCalls.refuseDangerous()) != nil else { return }
            found = [
                failure { socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0) },
                failure { mount("none", "/mnt", "tmpfs", 0, nil) },
            ]
        }
        #expect(found == [0, EPERM])
    }
}

@Suite("The enclosure")
struct EnclosureTests {
    @Test("says which part a kernel lacks, and how to do without")
    func lacking() {
        #expect(
            Enclosure.Failure(lacking: .landlock).description
                == "this machine's kernel has no landlock, so the pusher cannot be sandboxed; "
                + "`plugins: { accept-missing: [landlock] }` does without it")
    }

    @Test("needs no Landlock for a process that may start programs")
    func needed() {
        #expect(!Enclosure.missing(for: ProcessGrants(programs: true)).contains(.landlock))
        let lacks = Enclosure.missing(for: ProcessGrants())
        #expect(Set(lacks).isDisjoint(with: Enclosure.available))
        #expect(Set(lacks).union(Enclosure.available) == Set(Enclosure.Part.allCases))
    }
}

/// Would end this process where it is not refused, which no test could overlook.
private func executeTrue() -> Int32 {
    var arguments: [UnsafeMutablePointer<CChar>?] = [nil]
    return execv("/bin/true", &arguments)
}
