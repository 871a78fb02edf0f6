internal import Glibc

/// Reads files whose content is obeyed: what is read is what was checked.
public enum TrustedFile {
    /// Why a file is not read.
    public enum Failure: Error, Hashable, Sendable {
        /// It is missing, or must not be read: why, and what to type.
        case unreadable(String)
        /// Others could change it: a sentence that begins with a path.
        case untrusted(String)
    }

    /// The content of a regular file, also by way of links, or of a pipe of keyturn's own user.
    ///
    /// - Parameter limit: bytes that are read at most.
    public static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        let descriptor = try openChecked(path)
        defer { close(descriptor) }
        return try read(descriptor, limit)
    }

    /// Why a file is not read; nil: it is. Reads nothing of it.
    public static func problem(of path: String) -> Failure? {
        do throws(Failure) {
            close(try openChecked(path))
            return nil
        } catch { return error }
    }

    private static func openChecked(_ path: String) throws(Failure) -> Int32 {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(FileAccess.refusal(path, errno)) }
        do throws(Failure) { try check(descriptor, path) } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func check(_ descriptor: Int32, _ path: String) throws(Failure) {
        var attributes = stat()
        guard fstat(descriptor, &attributes) == 0 else { throw .unreadable(Ownership.reason) }
        let kind = attributes.st_mode & S_IFMT
        guard kind == S_IFREG || kind == S_IFIFO else { throw .unreadable(FileAccess.refusal(path, EINVAL)) }
        let path = Ownership.absolute(path)
        if let problem = Ownership.problem(path, attributes) { throw .untrusted(problem) }
        // A pipe may have no place: /dev/stdin.
        if kind == S_IFREG, let problem = Ownership.problemOfWay(to: path) { throw .untrusted(problem) }
    }

    private static func read(_ descriptor: Int32, _ limit: Int) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        // It may hold a secret.
        defer { explicit_bzero(&buffer, buffer.count) }
        while bytes.count < limit {
            let count = Glibc.read(descriptor, &buffer, min(buffer.count, limit - bytes.count))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(Ownership.reason) }
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        return bytes
    }
}
