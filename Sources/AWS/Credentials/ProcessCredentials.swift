internal import Dispatch
internal import Foundation
internal import Glibc
internal import JSON
internal import Secrets

/// What a program prints (`credential_process`): JSON of version 1. It is started without a shell.
struct ProcessCredentials: CredentialSource {
    /// The longest output, in bytes.
    private static let sizeLimit = 64 << 10

    let command: String
    let environment: [String: String]
    /// "profile ci".
    let place: String
    /// The longest that it may take: some ask a browser, or a service that is far.
    var timeLimit: Duration = .seconds(60)

    var name: String { "\(place) (credential_process)" }

    func credentials() async throws(AWSError) -> Credentials? {
        guard let words = CommandWords.split(command), let program = words.first else {
            throw failure("the command line has a quote without an end, or no program")
        }
        let (command, place) = (words, self)
        let result: Result<[UInt8], AWSError> = await withCheckedContinuation { continuation in
            // It blocks, and the tasks' own threads are few.
            DispatchQueue.global().async {
                do throws(AWSError) {
                    continuation.resume(returning: .success(try place.run(command)))
                } catch { continuation.resume(returning: .failure(error)) }
            }
        }
        var output = try result.get()
        defer { Secret.wipe(&output) }
        guard let json = try? JSONValue(parsing: String(decoding: output, as: UTF8.self)) else {
            throw failure("\(program) printed something that is not JSON")
        }
        guard json["Version"] == .integer(1) else {
            throw failure("\(program) printed JSON that is not of version 1 (`\"Version\": 1`)")
        }
        guard let found = JSONCredentials.read(json, token: "SessionToken", source: name) else {
            throw failure("\(program) printed no AccessKeyId and SecretAccessKey, or an Expiration that is no time")
        }
        return found
    }

    private func run(_ words: [String]) throws(AWSError) -> [UInt8] {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["--"] + words
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        // What it says there may hold a secret.
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch { throw failure("\(words[0]) cannot be started") }
        let deadline = ContinuousClock.now + timeLimit
        let read = Self.read(output.fileHandleForReading.fileDescriptor, until: deadline)
        try? output.fileHandleForReading.close()
        // A program that has said all has a moment to end, and one that has not is ended.
        if read == nil || !Self.hasEnded(process, by: min(deadline, ContinuousClock.now + .seconds(5))) {
            process.terminate()
            if !Self.hasEnded(process, by: ContinuousClock.now + .seconds(1)) {
                kill(process.processIdentifier, SIGKILL)
            }
        }
        process.waitUntilExit()
        guard let bytes = read else {
            let limit = "\(timeLimit.components.seconds) s, or printed more than \(Self.sizeLimit) bytes"
            throw failure("\(words[0]) took longer than \(limit)")
        }
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw failure(
                "\(words[0]) failed (status \(process.terminationStatus)); run it by hand to see what it says")
        }
        return bytes
    }

    /// All that comes until its end; nil: too much, or too late.
    private static func read(_ descriptor: Int32, until deadline: ContinuousClock.Instant) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        defer { Secret.wipe(&buffer) }
        while bytes.count <= sizeLimit {
            let left = deadline - ContinuousClock.now
            guard left > .zero else { break }
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let milliseconds = left.components.seconds * 1_000 + left.components.attoseconds / 1_000_000_000_000_000
            guard poll(&waiting, 1, Int32(clamping: milliseconds + 1)) > 0 else { continue }
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
        Secret.wipe(&bytes)
        return nil
    }

    private static func hasEnded(_ process: Process, by moment: ContinuousClock.Instant) -> Bool {
        while process.isRunning {
            guard ContinuousClock.now < moment else { return false }
            usleep(5_000)
        }
        return true
    }
}
