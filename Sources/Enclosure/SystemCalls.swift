internal import CEnclosure
internal import Glibc

/// Which system calls a pusher's process may make. See seccomp(2); libseccomp makes the filter.
enum SystemCalls {
    /// Everything that is not in the table is refused, and remembered.
    static func allowOnlyComputing(_ grants: ProcessGrants) throws(Enclosure.Failure) {
        let cookie = UInt64.random(in: .min ... .max)
        guard kt_trap_install(cookie) == 0 else { throw failure("SIGSYS", errno) }
        let filter = try SystemCallFilter(SystemCallFilter.Action.trap)
        for rule in SystemCallTable.rules(process: UInt64(getpid()), cookie: cookie)
        where rule.grant.holds(for: grants) {
            let action = rule.code.map(SystemCallFilter.Action.fail) ?? SystemCallFilter.Action.allow
            for name in rule.names { try filter.add(action, name, where: rule.conditions) }
        }
        try filter.load()
    }

    /// The little that can be kept from a program which does its own work.
    static func refuseDangerous() throws(Enclosure.Failure) {
        let filter = try SystemCallFilter(SystemCallFilter.Action.allow)
        for name in SystemCallTable.dangerous { try filter.add(SystemCallFilter.Action.fail(EPERM), name) }
        try filter.load()
    }

    static func failure(_ what: String, _ code: Int32) -> Enclosure.Failure {
        Enclosure.Failure(
            description: "the filter of system calls cannot be set up: \(what): \(String(cString: strerror(code)))",
            isRefusal: what == SystemCallFilter.loading && (code == EPERM || code == EACCES))
    }
}
