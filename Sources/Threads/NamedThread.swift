internal import CLinux
internal import Glibc

/// A thread that runs one closure.
public enum NamedThread {
    private final class Work {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }

    /// Starts a thread. It ends when the closure returns; no one waits for it.
    ///
    /// - Parameter name: what `ps -L` and a debugger show; the kernel keeps 15 bytes of it.
    public static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let work = Unmanaged.passRetained(
            Work {
                kt_name_thread(name)
                body()
            })
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { work in
                if let work { Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body() }
                return nil
            }, work.toOpaque())
        // Without its threads nothing of the process works, and all of them start before any work does.
        precondition(status == 0, "no thread for \(name): \(String(cString: strerror(status)))")
        pthread_detach(thread)
    }
}
