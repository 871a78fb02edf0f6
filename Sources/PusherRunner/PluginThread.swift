internal import CKeyturnPusher
internal import Glibc

/// The threads on which the library is loaded, opened and closed: never the main one. Runtimes ask for the bounds of a thread's
/// stack. Of the main thread the C library finds them in /proc/self/maps, which is refused here; and Go asks with all
/// signals blocked, so that SIGSYS, which a refusal raises, ends the process.
enum PluginThread {
    /// As large as a main thread's stack usually is. Calls do with less, and there can be many of them.
    private static let stackSize = Int(KT_OPEN_STACK)

    private final class Job {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }

    /// Carries something out on a thread of its own, and waits for it.
    static func run<Result>(_ body: () -> Result) -> Result? {
        var result: Result?
        withoutActuallyEscaping(body) { body in
            withUnsafeMutablePointer(to: &result) { place in
                let job = Job { place.pointee = body() }
                start(job)
            }
        }
        return result
    }

    /// Returns once the thread has ended, or at once where there is no memory for one.
    private static func start(_ job: Job) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackSize)
        var thread = pthread_t()
        let context = Unmanaged.passUnretained(job).toOpaque()
        let status = withExtendedLifetime(job) {
            pthread_create(
                &thread, &attributes,
                { context in
                    if let context { Unmanaged<Job>.fromOpaque(context).takeUnretainedValue().body() }
                    return nil
                }, context)
        }
        if status == 0 { _ = withExtendedLifetime(job) { pthread_join(thread, nil) } }
    }
}
