internal import FileTrust
internal import Glibc
internal import PusherHost

/// The directories of which an operator lets a plugin use the files, out of all that its manifest asks for.
struct FolderGrant {
    /// Why they cannot be granted.
    enum Refusal: Error {
        /// The manifest asks for every file of the machine, and no directory was named.
        case everything
        case notAsked(String)
        /// A directory that cannot be used, and why.
        case noDirectory(String, String)

        /// In words, with what to type.
        func words(_ id: String) -> String {
            switch self {
            case .everything:
                "it asks for every file of this machine. Name the folders that it may use: keyturn plugin pin \(id) --grant files --folder /srv/ci"
            case .notAsked(let folder): "its manifest asks for no files in \(folder)"
            case .noDirectory(let folder, let reason): "--folder \(folder): \(reason)"
            }
        }

        var status: ExitStatus { if case .noDirectory = self { .failed } else { .notAllowed } }
    }

    private let folders: [String]

    /// - Parameter folders: as they were named; none: all that is asked for is meant.
    init(_ folders: [String]) { self.folders = folders }

    /// What is granted of files: these directories, and those that were granted before.
    func narrowed(_ grants: Grants, keeping former: Grants?) throws(Refusal) -> Grants {
        guard !folders.isEmpty else {
            guard !(grants.readable + grants.writable).contains("/") else { throw .everything }
            return grants
        }
        var named = Grants()
        for folder in folders {
            let path = try Self.resolved(folder)
            var one = Grants()
            (one.readable, one.writable) = ([path], [path])
            one = one.covered(by: grants)
            guard !one.readable.isEmpty else { throw .notAsked(folder) }
            if one.writable.isEmpty { named.readable.append(path) } else { named.writable.append(path) }
        }
        let kept = former?.covered(by: grants) ?? Grants()
        var narrowed = grants
        narrowed.readable = Self.joined(kept.readable, named.readable)
        narrowed.writable = Self.joined(kept.writable, named.writable)
        return narrowed
    }

    /// The directory that a path leads to: the kernel opens it when the pusher is started.
    private static func resolved(_ folder: String) throws(Refusal) -> String {
        guard folder.hasPrefix("/") else { throw .noDirectory(folder, "it is not an absolute path, such as /srv/ci") }
        var attributes = stat()
        guard stat(folder, &attributes) == 0, let real = realpath(folder, nil) else {
            let number = errno
            let isMissing = number == ENOENT
            throw .noDirectory(
                folder,
                isMissing ? "there is no such directory" : FileAccess.refusal(folder, number, isDirectory: true))
        }
        defer { free(real) }
        guard attributes.st_mode & S_IFMT == S_IFDIR else { throw .noDirectory(folder, "it is not a directory") }
        return String(cString: real)
    }

    private static func joined(_ first: [String], _ second: [String]) -> [String] {
        second.reduce(into: first) { if !$0.contains($1) { $0.append($1) } }
    }
}
