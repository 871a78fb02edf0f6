internal import Glibc

/// Paths as AWS's tools expand them, by the rules of Python's `os.path.expandvars` and `expanduser`.
enum HomePath {
    /// The path with `$NAME`, `${NAME}`, `~` and `~user` replaced.
    static func expanded(_ path: String, _ environment: [String: String]) -> String {
        let path = withVariables(path, environment)
        guard path.first == "~" else { return path }
        let name = path.dropFirst().prefix { $0 != "/" }
        let rest = path.dropFirst(1 + name.count)
        guard var home = name.isEmpty ? home(environment) : directory(getpwnam(String(name))) else { return path }
        while home.last == "/" { home.removeLast() }
        return home + rest
    }

    /// `HOME`, and where it is not set, what the system's list of users says.
    static func home(_ environment: [String: String]) -> String? {
        environment["HOME"] ?? directory(getpwuid(getuid()))
    }

    private static func directory(_ entry: UnsafeMutablePointer<passwd>?) -> String? {
        guard let directory = entry?.pointee.pw_dir else { return nil }
        return String(cString: directory)
    }

    /// A variable that is not set stays as it is written.
    private static func withVariables(_ text: String, _ environment: [String: String]) -> String {
        var (result, rest) = ("", text[...])
        while let sign = rest.firstIndex(of: "$") {
            result += rest[..<sign]
            let after = rest[rest.index(after: sign)...]
            let isBraced = after.first == "{"
            let inner = isBraced ? after.dropFirst() : after
            let name =
                isBraced
                ? inner.prefix { $0 != "}" } : inner.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
            let end = isBraced ? inner[name.endIndex...].dropFirst().startIndex : name.endIndex
            let isClosed = !isBraced || name.endIndex < inner.endIndex
            if isClosed, let value = environment[String(name)] { result += value } else { result += rest[sign..<end] }
            rest = rest[end...]
        }
        return result + rest
    }
}
