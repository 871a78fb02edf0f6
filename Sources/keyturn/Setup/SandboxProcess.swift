internal import Foundation

/// The stand-ins for AWS and the CI systems, as a child process on loopback.
final class SandboxProcess {
    /// The line that the sandbox prints when it is ready.
    struct Announcement: Decodable {
        var aws: String
        var travis: String
        var gitlab: String
        var github: String
        var control: String
        var region: String
        var accessKeyId: String
        var secretAccessKey: String
        var tokens: [String: String]
        var users: [String]
        var repositories: [String]
        var projects: [String]
    }

    /// How long it may take to get ready.
    private static let startLimit: Double = 30

    let announcement: Announcement
    let line: String
    private let process: Process
    private let input = Pipe()

    init(arguments: [String]) throws {
        let program = try Installation.current.need(Installation.current.sandbox)
        process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments + ["--until-stdin-closes"]
        process.standardInput = input
        process.standardOutput = output
        do { try process.run() } catch { throw CommandFailure(.failed, "\(program) cannot be started: \(error)") }
        line = Self.readLine(output.fileHandleForReading, process)
        guard let announcement = try? JSONDecoder().decode(Announcement.self, from: Data(line.utf8)) else {
            process.terminate()
            process.waitUntilExit()
            throw CommandFailure(.failed, "the sandbox did not start; see what it said above")
        }
        self.announcement = announcement
    }

    private static func readLine(_ handle: FileHandle, _ process: Process) -> String {
        let watchdog = DispatchWorkItem { process.terminate() }
        DispatchQueue.global().asyncAfter(deadline: .now() + startLimit, execute: watchdog)
        defer { watchdog.cancel() }
        var line = Data()
        while let byte = try? handle.read(upToCount: 1), let first = byte.first, first != 0x0A, line.count < 65_536 {
            line.append(first)
        }
        return String(decoding: line, as: UTF8.self)
    }

    /// Ends it and waits for that.
    func stop() {
        try? input.fileHandleForWriting.close()
        process.terminate()
        process.waitUntilExit()
    }

    /// Waits until it has ended by itself, or by a signal.
    func wait() -> Int32 {
        process.waitUntilExit()
        return process.terminationReason == .exit ? process.terminationStatus : 0
    }
}
