import Glibc

/// Carries something out on a thread of its own and waits for it: Landlock and the filter of system calls hold for the thread that
/// takes them on, and end with it.
func confined(_ body: @escaping () -> Void) throws {
    final class Job {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }
    let job = Job(body)
    var thread = pthread_t()
    let status = pthread_create(
        &thread, nil,
        { context in
            if let context { Unmanaged<Job>.fromOpaque(context).takeUnretainedValue().body() }
            return nil
        }, Unmanaged.passUnretained(job).toOpaque())
    guard status == 0 else { throw NoThread(status: status) }
    withExtendedLifetime(job) { _ = pthread_join(thread, nil) }
}

struct NoThread: Error {
    var status: Int32
}

/// The error that a system call ended with; 0: it did not fail. What it opened is closed.
func failure(_ call: () -> Int32) -> Int32 {
    let result = call()
    if result < 0 { return errno }
    if result > 2 { close(result) }
    return 0
}
