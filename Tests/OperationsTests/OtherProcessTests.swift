import Foundation
@testable import Journal
@testable import Operations
import Testing

@Suite("Another keyturn on this machine", .timeLimit(.minutes(1)))
struct OtherProcessTests {
    /// Has a process that looks like `keyturn run` have a file open while the body runs.
    ///
    /// - Parameter program: what it really is.
    private func withProcess(
        _ name: String, _ program: String = "tail -f run state.db", _ body: (Int32, String) async throws -> Void
    ) async throws {
        let directory = NSTemporaryDirectory() + "/keyturn-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        for file in ["run", "state.db"] {
            #expect(FileManager.default.createFile(atPath: "\(directory)/\(file)", contents: Data()))
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", "exec -a \(name) \(program)"]
        process.standardInput = Pipe()
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        // SIGTERM is ignored by what this process starts.
        defer {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        let number = process.processIdentifier
        try await reached {
            let fds = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(number)/fd")) ?? []
            return fds.contains {
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(number)/fd/\($0)"))?
                    .hasSuffix("/state.db") == true
            }
        }
        try await body(number, "\(directory)/state.db")
    }

    @Test("is named by its command, and seen to use a state")
    func named() async throws {
        try await withProcess("/usr/bin/keyturn") { number, state in
            #expect(
                OtherProcess.sentence(JournalError(LeaseHolder(of: "bot", process: number)))
                    == "another keyturn (`keyturn run`, process \(number)) is at work on bot")
            #expect(OtherProcess.running(on: state)?.process == number)
            #expect(OtherProcess.running(on: "\(state).other") == nil)
        }
    }

    @Test("is seen in the portable archive, too, where the dynamic linker comes first")
    func linked() async throws {
        let program =
            "bash -c 'exec 3< state.db; read line' --library-path /opt/keyturn/lib/keyturn/libraries --argv0 keyturn "
            + "/opt/keyturn/lib/keyturn/programs/keyturn run --listen 127.0.0.1:9464"
        try await withProcess("/opt/keyturn/lib/keyturn/libraries/ld-linux-x86-64.so.2", program) { number, state in
            #expect(OtherProcess(number)?.command == "run")
            #expect(OtherProcess.running(on: state)?.process == number)
        }
    }

    @Test("is left as a number where it is another program, or cannot be seen")
    func unnamed() async throws {
        try await withProcess("tail") { number, state in
            #expect(
                OtherProcess.sentence(JournalError(LeaseHolder(of: "bot", process: number)))
                    == "another keyturn (process \(number)) is at work on bot")
            #expect(OtherProcess.running(on: state) == nil)
        }
        #expect(OtherProcess.sentence(JournalError(.overtaken, "it was (process 1)")) == "it was (process 1)")
    }

    @Test("is not looked for here where it is on another machine, whose numbers are its own")
    func elsewhere() async throws {
        try await withProcess("/usr/bin/keyturn") { number, _ in
            #expect(
                OtherProcess.sentence(JournalError(LeaseHolder(of: "bot", process: number, machine: "ci-2")))
                    == "another keyturn (process \(number) on ci-2) is at work on bot")
        }
    }
}
