internal import CSodium
internal import Synchronization

/// Pieces of libsodium's guarded memory, which are used again.
///
/// A piece costs four changes of the address space, which all threads of the process wait for: too much for every header of
/// every request. Pieces of two sizes are kept, up to a bound; larger ones, and what exceeds the bound, are given back.
enum GuardedMemory {
    /// The bytes of a piece of one page less libsodium's canary, and of sixteen.
    private static let sizes = [4_080, 65_520]
    /// Pieces that are kept of each size.
    private static let limits = [256, 16]

    // Pieces belong to whoever took them; in here no one reads or writes them.
    private struct Pieces: @unchecked Sendable {
        var idle: [[UnsafeMutableRawPointer]] = [[], []]
    }

    private static let pieces = Mutex(Pieces())

    /// A piece for that many bytes; nil: the system gives no more. What is asked for on behalf of a plugin or a service must
    /// come to an end there, not the process.
    static func takeIfRoom(_ count: Int) -> UnsafeMutableRawPointer? {
        precondition(sodium_init() >= 0, "libsodium cannot be initialised")
        let size = sizes.firstIndex { count <= $0 }
        if let size {
            nonisolated(unsafe) var piece: UnsafeMutableRawPointer?
            pieces.withLock { piece = $0.idle[size].popLast() }
            if let piece { return piece }
        }
        return sodium_malloc(size.map { sizes[$0] } ?? count)
    }

    /// A piece for that many bytes, of keyturn's own.
    static func take(_ count: Int) -> UnsafeMutableRawPointer {
        guard let piece = takeIfRoom(count) else { fatalError("out of memory for secrets") }
        return piece
    }

    /// Wipes a piece, and takes it back.
    static func give(_ piece: UnsafeMutableRawPointer, _ count: Int) {
        guard let size = sizes.firstIndex(where: { count <= $0 }) else { return sodium_free(piece) }
        sodium_memzero(piece, count)
        nonisolated(unsafe) let piece = piece
        let isKept = pieces.withLock { pieces in
            guard pieces.idle[size].count < limits[size] else { return false }
            pieces.idle[size].append(piece)
            return true
        }
        if !isKept { sodium_free(piece) }
    }
}
