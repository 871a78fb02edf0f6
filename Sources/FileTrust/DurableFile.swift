internal import Glibc

/// Writes files so that a crash, or a loss of power, leaves the former content or the new one, and nothing between.
public enum DurableFile {
    /// Why a file was not written. What was there before is unchanged.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// The system's words: `Permission denied`.
        public var description: String
    }

    /// Puts a file into its place: written next to it, synced, moved there.
    ///
    /// - Parameter mode: the permissions that it gets, whatever the umask is.
    public static func write(_ bytes: [UInt8], to path: String, mode: UInt32) throws(Failure) {
        let temporary = "\(path).keyturn-new"
        // One that a crash left behind is of no use.
        unlink(temporary)
        try make(bytes, at: temporary, mode: mode)
        guard rename(temporary, path) == 0 else {
            let failure = last
            unlink(temporary)
            throw failure
        }
        try sync(directory: parent(of: path))
    }

    /// Makes a file where there is none, and syncs it. A link there is not followed.
    public static func make(_ bytes: [UInt8], at path: String, mode: UInt32) throws(Failure) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw last }
        defer { close(file) }
        do throws(Failure) {
            try write(bytes, to: file)
            guard fchmod(file, mode) == 0, fsync(file) == 0 else { throw last }
        } catch {
            unlink(path)
            throw error
        }
    }

    /// Makes the names in a directory last.
    public static func sync(directory path: String) throws(Failure) {
        let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw last }
        defer { close(directory) }
        // Some file systems cannot sync a directory, and say so.
        guard fsync(directory) == 0 || errno == EINVAL else { throw last }
    }

    private static func write(_ bytes: [UInt8], to file: Int32) throws(Failure) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress?.advanced(by: done), $0.count - done) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw last }
            done += count
        }
    }

    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static var last: Failure { Failure(description: Ownership.reason) }
}
