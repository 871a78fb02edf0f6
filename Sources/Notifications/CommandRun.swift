internal import Foundation
internal import Glibc

/// Runs a program of the operator's with a text on its standard input, in bounded time.
struct CommandRun: Sendable {
    /// The longest that it may take.
    private static let timeLimit: Duration = .seconds(30)

    let environment: [String: String]

    func run(_ words: [String], input: String) async throws(DeliveryError) {
        let result: Result<Void, DeliveryError> = await withCheckedContinuation { continuation in
            // It blocks, and the tasks' own threads are few.
            DispatchQueue.global().async {
                do throws(DeliveryError) {
                    try runAndWait(words, input)
                    continuation.resume(returning: .success(()))
                } catch { continuation.resume(returning: .failure(error)) }
            }
        }
        try result.get()
    }

    private func runAndWait(_ words: [String], _ input: String) throws(DeliveryError) {
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
        guard Self.hasEnded(process, within: Self.timeLimit) else {
            process.terminate()
            if !Self.hasEnded(process, within: .seconds(1)) { kill(process.processIdentifier, SIGKILL) }
            process.waitUntilExit()
            throw DeliveryError(
                description: "it took longer than \(Self.timeLimit.components.seconds) s, and was ended", isPassing: false)
        }
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw DeliveryError(description: "it failed with status \(process.terminationStatus)", isPassing: true)
        }
    }

    private static func hasEnded(_ process: Process, within limit: Duration) -> Bool {
        let end = ContinuousClock.now + limit
        while process.isRunning {
            guard ContinuousClock.now < end else { return false }
            usleep(5_000)
        }
        return true
    }
}
