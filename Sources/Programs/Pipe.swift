internal import Glibc

/// The end of a pipe that is read, and never waited for.
public enum Pipe {
    /// Gives what is there to a closure, and closes the descriptor where nothing comes any more: it would be ready for ever.
    ///
    /// - Parameters:
    ///   - descriptor: does not block; -1: it is closed.
    ///   - limit: the most that is taken in one turn, in bytes: no more than a pipe holds.
    public static func drain(
        _ descriptor: inout Int32, through buffer: inout [UInt8], limit: Int, _ body: (ArraySlice<UInt8>) -> Void
    ) {
        var taken = 0
        while descriptor >= 0, taken < limit {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return }
            guard count > 0 else {
                close(descriptor)
                descriptor = -1
                return
            }
            taken += count
            body(buffer[..<count])
        }
    }
}
