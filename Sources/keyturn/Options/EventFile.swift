internal import Glibc
internal import Operations

/// An event that is given to a command.
enum EventFile {
    /// Reads it, up to one byte more than an event may have: whoever looks at it says so.
    ///
    /// - Parameter path: `-`: standard input.
    static func read(_ path: String) throws -> [UInt8] {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { if descriptor != STDIN_FILENO { close(descriptor) } }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= LeakNotice.longestEvent {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(path) }
            if count == 0 { break }
            bytes += piece[..<count]
        }
        return bytes
    }

    private static func failure(_ path: String) -> OperationFailure {
        OperationFailure(
            .failed, "\(path == "-" ? "standard input" : path) cannot be read: \(String(cString: strerror(errno)))")
    }
}
