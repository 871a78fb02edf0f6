/// Which of keyturn's variables a program gets. Tokens of CI systems and AWS keys are among the others.
public enum ProgramEnvironment {
    /// What programs expect to find, and holds no secrets.
    private static let ordinary: Set<String> = [
        "PATH", "HOME", "LANG", "LC_ALL", "USER", "LOGNAME", "TZ", "TMPDIR",
    ]

    /// The ordinary ones, and those with these names.
    ///
    /// - Parameter named: names that the configuration gives. One that is not set is left out.
    public static func of(_ environment: [String: String], named: some Sequence<String> = []) -> [String: String] {
        let wanted = ordinary.union(named)
        return environment.filter { wanted.contains($0.key) }
    }

    /// Whether a variable can have this name (POSIX, XBD 8.1, and not only in capitals).
    public static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
            default: false
            }
        }
    }
}
