internal import Glibc

/// Who may do what with a file, in words that say what to type.
public enum FileAccess {
    /// `/etc/keyturn/keyturn.yaml (mode 600, owner keyturn)`; nil: it is not there, and errno says why.
    public static func facts(of path: String) -> String? {
        var attributes = stat()
        return stat(path, &attributes) == 0 ? "\(path) (\(facts(attributes)))" : nil
    }

    /// Why a file cannot be used: `Permission denied (mode 600, owner ci; keyturn runs as deploy): run …`.
    ///
    /// - Parameters:
    ///   - isDirectory: whether a directory is what is needed.
    ///   - isWritten: whether a file is written as well.
    public static func refusal(
        _ path: String, _ number: Int32, isDirectory: Bool = false, isWritten: Bool = false
    ) -> String {
        var attributes = stat()
        let isThere = stat(path, &attributes) == 0
        if isThere, !isDirectory, attributes.st_mode & S_IFMT == S_IFDIR {
            return "it is a directory, and a file is needed"
        }
        let reason = String(cString: strerror(number))
        guard number == EACCES || number == EPERM else { return reason }
        guard isThere else {
            guard let closed = closedDirectory(above: path) else {
                return
                    "\(reason): \(user(geteuid())) may not enter the directory; `sudo namei -l \(Ownership.quoted(path))` shows which one"
            }
            return "\(reason): \(user(geteuid())) may not enter \(closed.path) (\(facts(closed.attributes))): "
                + order(closed.attributes, opening: closed.path, "x", owns: false)
        }
        return "\(reason) (\(facts(attributes)); keyturn runs as \(user(geteuid()))): "
            + order(attributes, opening: path, isDirectory ? "rwx" : isWritten ? "rw" : "r")
    }

    /// Why a file that was not read cannot be.
    public static func refusal(unread path: String) -> String {
        refusal(path, access(path, R_OK) == 0 ? EIO : errno)
    }

    /// Why a file that was not made cannot be.
    public static func refusal(unmade path: String) -> String {
        let directory = Ownership.absolute(path).split(separator: "/").dropLast().map { "/\($0)" }.joined()
        let parent = directory.isEmpty ? "/" : directory
        guard access(parent, W_OK | X_OK) == 0 else { return "\(parent): \(refusal(parent, errno, isDirectory: true))" }
        return "the file system does not take it; `df -h \(Ownership.quoted(parent))` shows whether there is room"
    }

    /// What to type so that a file can be used: as its owner, or, where it may become one's own, by changing that.
    private static func order(
        _ attributes: stat, opening path: String, _ mode: String, owns: Bool = true
    ) -> String {
        guard attributes.st_uid != geteuid() else { return "run `chmod u+\(mode) \(Ownership.quoted(path))`" }
        let keeper = keeper(attributes)
        // As a service's files are kept: root changes them, and the service's group reads them.
        if mode == "r", attributes.st_uid == 0, attributes.st_mode & S_IRGRP == 0, isMember(of: attributes.st_gid) {
            let (own, path) = (user(geteuid()), Ownership.quoted(path))
            return "run `sudo chmod g+r \(path)`; or, if only \(own) is to read it, `sudo chown \(own) \(path)`"
        }
        let run = "run keyturn as \(keeper), `sudo \(keeper == "root" ? "" : "-u \(keeper) ")keyturn …`"
        let own = user(geteuid())
        return owns ? "\(run); or, if it is to be \(own)'s, run `sudo chown \(own) \(Ownership.quoted(path))`" : run
    }

    /// Whether this process is in a group.
    private static func isMember(of group: gid_t) -> Bool {
        var groups = [gid_t](repeating: 0, count: Int(max(getgroups(0, nil), 0)))
        let count = getgroups(Int32(groups.count), &groups)
        return group == getegid() || groups.prefix(Int(max(count, 0))).contains(group)
    }

    /// The user whom a file is for: its owner; of a file of root's that a group may read, the user of the group's name.
    private static func keeper(_ attributes: stat) -> String {
        guard attributes.st_uid == 0, attributes.st_mode & S_IRGRP != 0 else { return user(attributes.st_uid) }
        var (group, entry) = (Glibc.group(), passwd())
        var (foundGroup, foundUser): (UnsafeMutablePointer<Glibc.group>?, UnsafeMutablePointer<passwd>?)
        var (names, buffer) = ([CChar](repeating: 0, count: 65_536), [CChar](repeating: 0, count: 16_384))
        guard getgrgid_r(attributes.st_gid, &group, &names, names.count, &foundGroup) == 0, foundGroup != nil,
            let name = group.gr_name.map({ String(cString: $0) }),
            getpwnam_r(name, &entry, &buffer, buffer.count, &foundUser) == 0, foundUser != nil,
            entry.pw_gid == attributes.st_gid
        else { return user(attributes.st_uid) }
        return name
    }

    /// The first directory on the way to a path that may not be entered.
    private static func closedDirectory(above path: String) -> (path: String, attributes: stat)? {
        var attributes = stat()
        let path = Ownership.absolute(path)
        for slash in path.indices.dropFirst() where path[slash] == "/" {
            let directory = String(path[..<slash])
            guard stat(directory, &attributes) == 0 else { return nil }
            guard access(directory, X_OK) == 0 else { return (directory, attributes) }
        }
        return nil
    }

    /// Whether a file is there, as far as this user may know: what is in a directory that may not be entered is not missing.
    public static func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 || errno == EACCES }

    /// Why SQLite cannot use a file as a database, or make it where there is none; nil: it can. Makes nothing.
    ///
    /// The directory must be writable also where the file is there: SQLite keeps its log next to it.
    ///
    /// - Returns: a sentence that begins with a path, and the system's `errno`.
    public static func refusal(ofDatabase path: String) -> (text: String, number: Int32)? {
        let path = Ownership.absolute(path)
        let directory = DurableFile.parent(of: path)
        var attributes = stat()
        guard stat(directory, &attributes) == 0 else {
            let number = errno
            guard number != ENOENT else { return ("the directory \(directory) does not exist", number) }
            return ("\(directory): \(refusal(directory, number, isDirectory: true))", number)
        }
        guard attributes.st_mode & S_IFMT == S_IFDIR else { return ("\(directory) is not a directory", ENOTDIR) }
        guard access(directory, R_OK | W_OK | X_OK) == 0 else {
            let number = errno
            return ("\(directory): \(refusal(directory, number, isDirectory: true))", number)
        }
        guard stat(path, &attributes) == 0 else {
            return errno == ENOENT ? nil : ("\(path): \(refusal(path, errno))", errno)
        }
        guard attributes.st_mode & S_IFMT == S_IFREG else { return ("\(path): it is not a regular file", EINVAL) }
        guard access(path, R_OK | W_OK) == 0 else {
            let number = errno
            return ("\(path): \(refusal(path, number, isWritten: true))", number)
        }
        return nil
    }

    /// Why a file of a secret is not as private as it should be; nil: it is.
    public static func exposure(_ path: String) -> String? {
        var attributes = stat()
        guard stat(path, &attributes) == 0, attributes.st_mode & S_IFMT == S_IFREG, attributes.st_mode & S_IROTH != 0
        else { return nil }
        return
            "\(path) can be read by every user of this machine (\(facts(attributes))): run `chmod 600 \(Ownership.quoted(path))`"
    }

    /// `mode 644, owner root`
    static func facts(_ attributes: stat) -> String {
        "mode \(String(attributes.st_mode & 0o7777, radix: 8)), owner \(user(attributes.st_uid))"
    }

    /// Its name; where it has none, its number.
    public static func user(_ id: UInt32) -> String {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16_384)
        guard getpwuid_r(id, &entry, &buffer, buffer.count, &found) == 0, found != nil, let name = entry.pw_name else {
            return "\(id)"
        }
        return String(cString: name)
    }
}
