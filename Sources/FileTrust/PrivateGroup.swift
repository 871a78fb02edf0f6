internal import Glibc

/// The group that keyturn runs as, where no other user is known to be in it.
enum PrivateGroup {
    /// Users that are looked at.
    private static let userLimit = 65_536

    /// nil: others are in the group, or there are too many users to know. Looked up once: groups do not change under a process.
    static let current: gid_t? = {
        let (user, group) = (geteuid(), getegid())
        var names: Set<String> = []
        setpwent()
        defer { endpwent() }
        var count = 0
        while let entry = getpwent() {
            count += 1
            guard count <= userLimit else { return nil }
            if entry.pointee.pw_uid == user { names.insert(String(cString: entry.pointee.pw_name)) }
            // Root needs no group to write.
            if entry.pointee.pw_gid == group, entry.pointee.pw_uid != user, entry.pointee.pw_uid != 0 { return nil }
        }
        guard let members = getgrgid(group)?.pointee.gr_mem else { return group }
        var index = 0
        while let member = members[index] {
            guard names.contains(String(cString: member)) else { return nil }
            index += 1
        }
        return group
    }()
}
