internal import Glibc

/// Reads plain files of which only so much is wanted.
enum BoundedFile {
    /// The whole file.
    ///
    /// - Throws: a sentence, where it cannot be read, is not a plain file or is larger.
    static func read(_ path: String, limit: Int) throws -> [UInt8] {
        // A pipe without a writer would be waited for.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw failure(path, "cannot be read: \(String(cString: strerror(errno)))") }
        defer { close(file) }
        var attributes = stat()
        guard fstat(file, &attributes) == 0, attributes.st_mode & S_IFMT == S_IFREG else {
            throw failure(path, "is not a file")
        }
        guard attributes.st_size <= limit else { throw failure(path, "is larger than \(size(limit))") }
        var bytes = [UInt8](repeating: 0, count: Int(attributes.st_size) + 1)
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(file, $0.baseAddress?.advanced(by: done), $0.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(path, "cannot be read: \(String(cString: strerror(errno)))") }
            if count == 0 { break }
            done += count
        }
        guard done < bytes.count else { throw failure(path, "is being written; try again") }
        bytes.removeLast(bytes.count - done)
        return bytes
    }

    private static func size(_ limit: Int) -> String { limit >= 1 << 20 ? "\(limit >> 20) MiB" : "\(limit >> 10) KiB" }

    private static func failure(_ path: String, _ problem: String) -> OperationFailure {
        OperationFailure(.failed, "\(path) \(problem)")
    }
}
