internal import CLinux
internal import Glibc

/// Ends the wait for a program early.
final class Leash: Sendable {
    /// Readable once it was pulled.
    let descriptor: Int32

    init?() {
        descriptor = kt_eventfd()
        guard descriptor >= 0 else { return nil }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func pull() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }
}
