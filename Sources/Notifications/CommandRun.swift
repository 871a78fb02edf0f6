internal import Foundation
internal import Glibc
internal import Synchronization

/// Runs a program of the operator's with a text on its standard input, in bounded time.
struct CommandRun: Sendable {
    /// The longest that it may take.
    private static let timeLimit: Duration = .seconds(30)

    let environment: [String: String]

    func run(_ words: [String], input: String) async throws(DeliveryError) {
        let leash = Leash()
        let result: Result<Void, DeliveryError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // It blocks, and the tasks' own threads are few.
                DispatchQueue.global().async {
                    do throws(DeliveryError) {
                        try runAndWait(words, input, leash)
                        continuation.resume(returning: .success(()))
                    } catch { continuation.resume(returning: .failure(error)) }
                }
            }
        } onCancel: {
            leash.isPulled.withLock { $0 = true }
        }
        try result.get()
    }

    /// Ends the wait for a program early.
    private final class Leash: Sendable { let isPulled = Mutex(false) }

    private func runAndWait(_ words: [String], _ input: String, _ leash: Leash) throws(DeliveryError) {
        let (process, pipe) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["--"] + words
        process.environment = environment
        process.standardInput = pipe
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch {
            throw DeliveryError(description: "it cannot be started", isPassing: false)
        }
        // A message is smaller than what a pipe holds, and one that nobody reads is no error here.
        let bytes = Array(input.utf8)
        _ = Glibc.write(pipe.fileHandleForWriting.fileDescriptor, bytes, bytes.count)
        try? pipe.fileHandleForWriting.close()
        guard Self.hasEnded(process, within: Self.timeLimit, leash) else {
            process.terminate()
            if !Self.hasEnded(process, within: .seconds(1)) { kill(process.processIdentifier, SIGKILL) }
            process.waitUntilExit()
            let reason =
                leash.isPulled.withLock { $0 }
                ? "keyturn is stopping, and it was ended"
                : "it took longer than \(Self.timeLimit.components.seconds) s, and was ended"
            throw DeliveryError(description: reason, isPassing: false)
        }
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw DeliveryError(description: "it failed with status \(process.terminationStatus)", isPassing: true)
        }
    }

    private static func hasEnded(_ process: Process, within limit: Duration, _ leash: Leash? = nil) -> Bool {
        let end = ContinuousClock.now + limit
        while process.isRunning {
            guard ContinuousClock.now < end, leash?.isPulled.withLock({ $0 }) != true else { return false }
            usleep(5_000)
        }
        return true
    }
}
