internal import CEnclosure

/// What a process can have around it on this machine: found by trying, since a filter that keyturn was started under refuses what the
/// kernel has.
struct Walls {
    private let found: Int32

    /// Tries, in a child of this process. Where there can be no child, nothing can be had.
    static func probe() -> Walls { Walls(found: max(0, kt_probe_walls())) }

    private func has(_ wall: Int32) -> Bool { found & wall != 0 }

    /// Those that a pusher's process needs.
    var parts: Set<Enclosure.Part> {
        var parts: Set<Enclosure.Part> = []
        if has(KT_WALL_NO_NEW_PRIVILEGES) { parts.insert(.noNewPrivileges) }
        if has(KT_WALL_LANDLOCK) { parts.insert(.landlock) }
        if has(KT_WALL_SECCOMP) { parts.insert(.seccomp) }
        return parts
    }

    /// All of them, for people.
    var report: [(wall: String, isThere: Bool)] {
        [
            ("no-new-privs", has(KT_WALL_NO_NEW_PRIVILEGES)), ("landlock", has(KT_WALL_LANDLOCK)),
            ("seccomp", has(KT_WALL_SECCOMP)), ("user namespaces", has(KT_WALL_USER_NAMESPACES)),
            ("limits", has(KT_WALL_LIMITS)),
        ]
    }
}
