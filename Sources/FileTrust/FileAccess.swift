internal import Glibc

/// Who may do what with a file, in words that say what to type.
public enum FileAccess {
    /// `/etc/keyturn/keyturn.yaml (mode 600, owner keyturn)`; nil: it is not there, and errno says why.
    public static func facts(of path: String) -> String? {
        var attributes = stat()
        return stat(path, &attributes) == 0 ? "\(path) (\(facts(attributes)))" : nil
    }

    /// Why a file cannot be read: `Permission denied (mode 600, owner root; keyturn runs as deploy): sudo chown deploy /etc/x`.
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
            return
                "\(reason): \(user(geteuid())) may not enter the directory; `sudo namei -l \(Ownership.quoted(path))` shows which one"
        }
        guard attributes.st_uid != geteuid() else {
            let missing = isDirectory ? "rwx" : isWritten ? "rw" : "r"
            return
                "\(reason) (\(facts(attributes)); keyturn runs as \(user(geteuid()))): `chmod u+\(missing) \(Ownership.quoted(path))`"
        }
        return
            "\(reason) (\(facts(attributes)); keyturn runs as \(user(geteuid()))): `sudo chown \(user(geteuid())) \(Ownership.quoted(path))`, "
            + "or run keyturn as \(user(attributes.st_uid))"
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
