internal import Glibc

/// Whether only the operator can change a file: what anybody may write is not a basis for trust.
///
/// A file and all directories that lead to it belong to root or to the user that keyturn runs as, and no one else may write
/// them. The sticky bit, as of /tmp, keeps others from removing what is not theirs, but not the directory's own owner. On a
/// file system that is mounted read-only, as Kubernetes mounts its volumes of configuration, no mode lets anyone write.
public enum Ownership {
    /// Links that are followed from a path to its file.
    private static let linkLimit = 40

    /// What is wrong with a file that may not be a link, or with the directories that lead to it; nil: nothing.
    public static func problem(of path: String) -> String? {
        let path = absolute(path)
        var attributes = stat()
        guard lstat(path, &attributes) == 0 else { return "\(path): \(reason)" }
        guard attributes.st_mode & S_IFMT == S_IFREG else {
            return "\(path): it is not a regular file; a link could lead anywhere"
        }
        return problem(path, attributes) ?? problemOfWay(to: path)
    }

    /// What is wrong with a directory that files are made in, or with those that lead to it; nil: nothing. Members of a group
    /// that has no one but keyturn's user may write it: a volume of Kubernetes belongs to such a group (`fsGroup`).
    public static func problem(ofDirectory path: String) -> String? {
        guard let real = realpath(path, nil) else { return "\(path): \(reason)" }
        defer { free(real) }
        return problemOfDirectories(from: String(cString: real), sparing: PrivateGroup.current)
            ?? problemOfWay(to: absolute(path), sparing: PrivateGroup.current)
    }

    /// What is wrong with the file of a state by itself; nil: nothing.
    public static func problem(ofState path: String) -> String? {
        let path = absolute(path)
        var attributes = stat()
        guard lstat(path, &attributes) == 0 else { return "\(path): \(reason)" }
        return problem(path, attributes, sparing: PrivateGroup.current)
    }

    /// What is wrong with the directories and links between a path and what it leads to; nil: nothing.
    static func problemOfWay(to path: String, sparing group: gid_t? = nil) -> String? {
        var path = path
        for _ in 0..<linkLimit {
            let slash = path.lastIndex(of: "/")
            let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
            let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
            guard let real = realpath(parent, nil) else { return "\(parent): \(reason)" }
            let directory = String(cString: real)
            free(real)
            if let problem = problemOfDirectories(from: directory, sparing: group) { return problem }
            let place = directory == "/" ? "/\(name)" : "\(directory)/\(name)"
            var attributes = stat()
            guard lstat(place, &attributes) == 0 else { return "\(place): \(reason)" }
            guard attributes.st_mode & S_IFMT == S_IFLNK else { return nil }
            guard isTrusted(attributes.st_uid) else { return foreign(place, attributes) }
            guard let target = target(of: place) else { return "\(place): \(reason)" }
            path = target.hasPrefix("/") ? target : "\(directory)/\(target)"
        }
        return "\(path): too many links lead to it"
    }

    private static func target(of link: String) -> String? {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(link, &bytes, bytes.count)
        guard count > 0, count < bytes.count else { return nil }
        return String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Looks at a directory and all above it.
    ///
    /// - Parameter path: absolute, without links.
    private static func problemOfDirectories(from path: String, sparing group: gid_t?) -> String? {
        var directory = path
        while true {
            var attributes = stat()
            guard stat(directory, &attributes) == 0 else { return "\(directory): \(reason)" }
            guard isTrusted(attributes.st_uid) else { return foreign(directory, attributes) }
            let isSticky = attributes.st_mode & S_ISVTX != 0
            if !isSticky, let problem = problem(directory, attributes, sparing: group) { return problem }
            guard directory != "/", let slash = directory.lastIndex(of: "/") else { return nil }
            directory = slash == directory.startIndex ? "/" : String(directory[..<slash])
        }
    }

    /// What is wrong with a file by itself.
    static func problem(_ path: String, _ attributes: stat, sparing group: gid_t? = nil) -> String? {
        guard isTrusted(attributes.st_uid) else { return foreign(path, attributes) }
        let others = attributes.st_gid == group ? S_IWOTH : S_IWGRP | S_IWOTH
        guard attributes.st_mode & others == 0 || isReadOnly(path) else { return open(path, attributes) }
        return nil
    }

    private static func isTrusted(_ user: uid_t) -> Bool { user == 0 || user == geteuid() }

    private static func isReadOnly(_ path: String) -> Bool {
        var system = statvfs()
        // ST_RDONLY of statvfs(3).
        return statvfs(path, &system) == 0 && system.f_flag & 1 != 0
    }

    private static func foreign(_ path: String, _ attributes: stat) -> String {
        let (owner, own) = (FileAccess.user(attributes.st_uid), FileAccess.user(geteuid()))
        let fact = "\(path): it belongs to user \(owner) (\(FileAccess.facts(attributes))), who could change it"
        // What a service keeps belongs to the service's user: the order is given as that one.
        guard geteuid() != 0 else {
            return
                "\(fact), and keyturn runs as root here: run it as that user, `sudo -u \(owner) keyturn …`; or, where it is to be root's, run `sudo chown -h root \(quoted(path))`"
        }
        return
            "\(fact); it must belong to root or to \(own), as whom keyturn runs: run `sudo chown -h \(own) \(quoted(path))`"
    }

    private static func open(_ path: String, _ attributes: stat) -> String {
        "\(path): others can write it (\(FileAccess.facts(attributes))); run `chmod go-w \(quoted(path))`"
    }

    /// A path that is right wherever it is typed.
    static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/") else { return path }
        guard let directory = getcwd(nil, 0) else { return path }
        defer { free(directory) }
        let parts = path.split(separator: "/").filter { $0 != "." }
        return ([String(cString: directory)] + parts.map(String.init)).joined(separator: "/")
    }

    /// As a shell takes it.
    static func quoted(_ path: String) -> String {
        let isPlain = path.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || $0.properties.numericType != nil || "/._-+@:,%".unicodeScalars.contains($0)
        }
        guard !isPlain else { return path }
        return "'" + path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    static var reason: String { String(cString: strerror(errno)) }
}
