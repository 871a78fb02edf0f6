internal import FileTrust
internal import FoundationEssentials
internal import Glibc
public import JSON
internal import Rotation

/// Files with more users and pushers, which `include` names.
extension Configuration {
    /// Files that one configuration may take in.
    private static let mostFiles = 1_000

    /// What an included file adds.
    struct Included {
        var pushers: [PusherEntry] = []
        var users: [UserEntry] = []
        /// With absolute paths.
        var patterns: [String] = []
    }

    /// Reads the files, in the order of the patterns and of their names.
    ///
    /// - Parameters:
    ///   - directory: that patterns are relative to.
    ///   - known: pushers of the file itself.
    static func readIncluded(
        _ reader: inout MappingReader, _ directory: String, _ known: [PusherEntry], _ defaults: Policy,
        _ account: Account, _ corrections: Corrections
    ) throws(ConfigurationError) -> Included {
        guard let patterns = try reader.strings("include") else { return Included() }
        var files: [String] = []
        for pattern in patterns {
            let found = Self.files(matching: Paths.absolute(pattern, from: directory))
            guard !found.isEmpty || pattern.contains(where: { "*?[".contains($0) }) else {
                throw reader.error("include", "names \(pattern), which is not there")
            }
            files += found.filter { !files.contains($0) }
        }
        guard files.count <= mostFiles else {
            throw reader.error("include", "names \(files.count) files; \(mostFiles) are the most")
        }
        var roots: [(file: String, reader: MappingReader)] = []
        var included = Included()
        included.patterns = patterns.map { Paths.absolute($0, from: directory) }
        // Pushers first: a user of one file may use a pusher of another.
        for file in files {
            let root = corrections.applied(to: try Field.parse(try text(of: file), file: file), of: file)
            var inner = try MappingReader(root, "", file)
            included.pushers += try readPushers(inner.field("pushers"), file)
            roots.append((file, inner))
        }
        try checkNames(known + included.pushers)
        let names = Set((known + included.pushers).map(\.name))
        for (file, root) in roots {
            var inner = root
            included.users += try readUsers(inner.field("users"), file, defaults, account, names)
            try inner.end()
        }
        return included
    }

    /// One name means one entry, whichever file it is in.
    static func checkNames(_ pushers: [PusherEntry]) throws(ConfigurationError) {
        var seen: [String: PusherEntry] = [:]
        for pusher in pushers {
            if let first = seen.updateValue(pusher, forKey: pusher.name) {
                throw ConfigurationError(
                    file: pusher.file, line: pusher.line,
                    "`pushers.\(pusher.name)` is in \(first.file):\(first.line) already")
            }
        }
    }

    /// The text of a file that may be believed.
    ///
    /// - Parameter otherwise: what else helps where it may not be read.
    static func text(of file: String, or otherwise: String = "") throws(ConfigurationError) -> String {
        let bytes: [UInt8]
        do throws(TrustedFile.Failure) { bytes = try TrustedFile.read(file, limit: sizeLimit + 1) } catch {
            switch error {
            case .unreadable(let reason):
                throw ConfigurationError(
                    file: file,
                    FileAccess.isThere(file)
                        ? "the file cannot be read: \(reason)\(otherwise)"
                        : "there is no such file; `keyturn init` writes one")
            case .untrusted(let problem):
                var refusal = ConfigurationError(file: file, "it is not used: \(problem)")
                refusal.isUntrusted = true
                throw refusal
            }
        }
        guard bytes.count <= sizeLimit, let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationError(file: file, "the file is not UTF-8, or larger than 16 MiB")
        }
        return text
    }

    /// Sorted by name; names that begin with a dot only where the pattern has it.
    private static func files(matching pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, GLOB_MARK, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
            .filter { !$0.hasSuffix("/") }
    }
}

extension Configuration {
    /// Whether `include` takes a file of that path in.
    public func includes(_ path: String) -> Bool {
        includePatterns.contains { fnmatch($0, path, FNM_PATHNAME | FNM_PERIOD) == 0 }
    }

    /// A YAML text as JSON, read as configurations are.
    public static func json(ofYAML text: String, file: String) throws(ConfigurationError) -> JSONValue {
        try Field.parse(text, file: file).json
    }
}
