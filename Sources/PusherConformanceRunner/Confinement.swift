internal import CLinux
internal import Enclosure
internal import Glibc
internal import PusherConformance

/// What the process gives up before it opens the library: a pusher is tried under the rules that it will live under.
enum Confinement {
    /// Shuts the process in as `keyturn-runner` does, with what the manifest asks for granted.
    ///
    /// The checks themselves look at the process and the library's file, so these may be read; and locales, which a library
    /// must leave alone though it could change them.
    ///
    /// - Parameter result: the one descriptor that stays beside the standard streams.
    static func enclose(_ subject: Subject, keeping result: Int32) throws(Enclosure.Failure) {
        _ = kt_die_with_parent()
        kt_close_from(UInt32(result) + 1)
        let locales: [String] = access("/usr/lib/locale", F_OK) == 0 ? ["/usr/lib/locale"] : []
        let grants = ProcessGrants(
            readable: locales + ["/proc/self", subject.directory] + subject.asks.readable,
            writable: subject.asks.writable,
            network: subject.asks.network, programs: subject.asks.programs)
        _ = try Enclosure.enter(grants, without: Set(Enclosure.Part.allCases))
    }

    /// What the library asked the kernel for and was not granted.
    static func refusals() -> [String] {
        var refusals = Refusals()
        return refusals.take().map { "it asked the kernel for what its manifest does not ask for: \($0)" }
    }
}
