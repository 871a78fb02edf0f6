internal import CLinux
internal import Enclosure
internal import Glibc
internal import PusherConformance

/// What the process gives up before it opens the library: a pusher is tried under the rules that it will live under.
enum Confinement {
    /// What `keyturn plugin test` allows: nothing but computing, where it names nothing.
    struct Allowance {
        /// Of `files`, `network` and `programs`: what the manifest asks for of these is granted.
        var grants: Set<Substring>
        /// Parts of the enclosure that are done without where the kernel lacks them.
        var accepted: Set<Enclosure.Part>

        /// Lists of words, with commas between them.
        init(grants: String, accepted: String) {
            self.grants = Set(grants.split(separator: ","))
            self.accepted = Set(accepted.split(separator: ",").compactMap { Enclosure.Part(rawValue: String($0)) })
        }
    }

    /// Shuts the process in as `keyturn-runner` does.
    ///
    /// The checks themselves look at the process and the library's file, so these may be read; and locales, which a library
    /// must leave alone though it could change them.
    ///
    /// - Parameters:
    ///   - allowance: what is granted of that which the manifest asks for.
    ///   - result: the one descriptor that stays open besides the standard streams.
    static func enclose(
        _ subject: Subject, _ allowance: Allowance, keeping result: Int32
    ) throws(Enclosure.Failure) {
        _ = kt_die_with_parent()
        kt_close_from(UInt32(result) + 1)
        let locales: [String] = access("/usr/lib/locale", F_OK) == 0 ? ["/usr/lib/locale"] : []
        let (asks, files) = (subject.asks, allowance.grants.contains("files"))
        let grants = ProcessGrants(
            readable: locales + ["/proc/self", subject.directory] + (files ? asks.readable : []),
            writable: files ? asks.writable : [],
            network: asks.network && allowance.grants.contains("network"),
            programs: asks.programs && allowance.grants.contains("programs"))
        _ = try Enclosure.enter(grants, without: allowance.accepted)
    }

    /// What the library asked the kernel for and was not granted.
    static func refusals() -> [String] {
        var refusals = Refusals()
        return refusals.take().map { "it asked the kernel for what it was not granted: \($0)" }
    }
}
