internal import Glibc

/// Whether only the operator can change a file: what anybody may write is no basis for trust.
enum Ownership {
    /// What is wrong with a file, or with the directories that lead to it; nil: nothing.
    static func problem(of path: String) -> String? {
        var attributes = stat()
        guard lstat(path, &attributes) == 0 else { return "\(path): \(String(cString: strerror(errno)))" }
        guard attributes.st_mode & S_IFMT == S_IFREG else {
            return "\(path): it is not a regular file; a link could lead anywhere"
        }
        if let problem = problem(path, attributes) { return problem }
        guard let real = realpath(path, nil) else { return "\(path): \(String(cString: strerror(errno)))" }
        defer { free(real) }
        return problemOfDirectories(above: String(cString: real))
    }

    private static func problemOfDirectories(above path: String) -> String? {
        var directory = path
        while let slash = directory.lastIndex(of: "/"), directory != "/" {
            directory = slash == directory.startIndex ? "/" : String(directory[..<slash])
            var attributes = stat()
            guard stat(directory, &attributes) == 0 else {
                return "\(directory): \(String(cString: strerror(errno)))"
            }
            // Where the sticky bit is set, as in /tmp, others cannot take away what is not theirs.
            if attributes.st_mode & S_ISVTX != 0 { continue }
            if let problem = problem(directory, attributes) { return problem }
        }
        return nil
    }

    private static func problem(_ path: String, _ attributes: stat) -> String? {
        guard attributes.st_uid == 0 || attributes.st_uid == geteuid() else {
            return
                "\(path): it belongs to user \(attributes.st_uid), who could change it; it must be root's or that of the user keyturn runs as"
        }
        guard attributes.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
            return
                "\(path): others can write it (mode \(String(attributes.st_mode & 0o7777, radix: 8))); run chmod go-w \(path)"
        }
        return nil
    }
}
