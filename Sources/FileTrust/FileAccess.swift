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
    /// - Parameter isDirectory: whether a directory is what is needed.
    public static func refusal(_ path: String, _ number: Int32, isDirectory: Bool = false) -> String {
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
            let missing = isDirectory ? "rwx" : "r"
            return
                "\(reason) (\(facts(attributes)); keyturn runs as \(user(geteuid()))): `chmod u+\(missing) \(Ownership.quoted(path))`"
        }
        return
            "\(reason) (\(facts(attributes)); keyturn runs as \(user(geteuid()))): `sudo chown \(user(geteuid())) \(Ownership.quoted(path))`, "
            + "or run keyturn as \(user(attributes.st_uid))"
    }

    /// Why a file of a secret is not as private as it should be; nil: it is.
    public static func exposure(_ path: String) -> String? {
        var attributes = stat()
        guard stat(path, &attributes) == 0, attributes.st_mode & S_IFMT == S_IFREG, attributes.st_mode & S_IROTH != 0
        else { return nil }
        return
            "\(path) can be read by every user of this machine (\(facts(attributes))): chmod 600 \(Ownership.quoted(path))"
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
