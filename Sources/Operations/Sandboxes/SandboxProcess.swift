internal import CLinux
internal import FoundationEssentials
internal import Glibc
internal import Programs

/// The stand-ins for AWS and the CI systems, as a child process on loopback.
package final class SandboxProcess {
    /// The line that the sandbox prints when it is ready.
    package struct Announcement {
        package var aws: String
        package var control: String
        package var region: String
        package var accessKeyId: String
        package var secretAccessKey: String
        package var users: [String]
        /// By the name of the system: `travis`.
        package var services: [String: Service]
    }

    /// A stand-in for a CI system.
    package struct Service {
        package var url: String
        package var token: String
        /// What can be a target there.
        package var places: [String]
    }

    /// How long it may take to get ready.
    private static let startLimit: Duration = .seconds(30)
    /// The longest line, in bytes.
    private static let lineLimit = 1 << 20
    /// How long it may take to end after SIGTERM.
    private static let endLimit: Duration = .seconds(10)

    package let announcement: Announcement
    package let line: String
    private let process: Int32
    /// The sandbox ends when this closes: also when keyturn is killed.
    private let input: Int32
    private var status: Int32?

    package init(_ installation: Installation, arguments: [String]) throws {
        let program = try installation.need(installation.sandbox)
        let (theirs, output) = (try Self.pipe(), try Self.pipe())
        defer { for end in [theirs.read, output.read, output.write] { close(end) } }
        input = theirs.write
        do throws(Launch.Failure) {
            process = try Launch.start(
                [program] + arguments + ["--until-stdin-closes"],
                environment: ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" },
                descriptors: [theirs.read, output.write, STDERR_FILENO])
        } catch {
            close(theirs.write)
            throw OperationFailure(.failed, "\(program) cannot be started: \(error)")
        }
        line = Self.readLine(output.read)
        guard let announcement = try? JSONDecoder().decode(Announcement.self, from: Data(line.utf8)) else {
            close(theirs.write)
            kill(process, SIGKILL)
            while waitpid(process, nil, 0) < 0, errno == EINTR {}
            throw OperationFailure(.failed, "the sandbox did not start; see what it said above")
        }
        self.announcement = announcement
    }

    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard kt_pipe(&ends) == 0 else {
            throw OperationFailure(.failed, "no pipe: \(String(cString: strerror(errno)))")
        }
        return (ends[0], ends[1])
    }

    /// What comes up to the first newline; what there is when the time is over.
    private static func readLine(_ descriptor: Int32) -> String {
        let end = ContinuousClock.now + startLimit
        var line: [UInt8] = []
        while line.count < lineLimit, ContinuousClock.now < end {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, 100) > 0 else { continue }
            var byte: UInt8 = 0
            let count = read(descriptor, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1, byte != UInt8(ascii: "\n") else { break }
            line.append(byte)
        }
        return String(decoding: line, as: UTF8.self)
    }

    /// Ends it and waits for that.
    package func stop() {
        guard status == nil else { return }
        close(input)
        kill(process, SIGTERM)
        let end = ContinuousClock.now + Self.endLimit
        while !hasEnded(WNOHANG) {
            if ContinuousClock.now >= end { kill(process, SIGKILL) }
            usleep(5_000)
        }
    }

    /// Waits until it has ended by itself, or by a signal.
    package func wait() -> Int32 {
        while !hasEnded(0) {}
        let status = status ?? 0
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : 0
    }

    private func hasEnded(_ options: Int32) -> Bool {
        var status: Int32 = 0
        let ended = waitpid(process, &status, options)
        // Without a child there is nothing to wait for.
        guard ended == process || ended < 0 && errno != EINTR else { return false }
        self.status = status
        return true
    }
}

extension SandboxProcess.Announcement: Decodable {
    private enum CodingKeys: CodingKey {
        case aws, control, region, accessKeyId, secretAccessKey, users, tokens, places
    }

    /// The address of a system is a field of the announcement that has its name.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        aws = try fields.decode(String.self, forKey: .aws)
        control = try fields.decode(String.self, forKey: .control)
        region = try fields.decode(String.self, forKey: .region)
        accessKeyId = try fields.decode(String.self, forKey: .accessKeyId)
        secretAccessKey = try fields.decode(String.self, forKey: .secretAccessKey)
        users = try fields.decode([String].self, forKey: .users)
        let places = try fields.decode([String: [String]].self, forKey: .places)
        let addresses = try decoder.container(keyedBy: SystemName.self)
        services = [:]
        for (name, token) in try fields.decode([String: String].self, forKey: .tokens) {
            let url = try addresses.decode(String.self, forKey: SystemName(stringValue: name))
            services[name] = SandboxProcess.Service(url: url, token: token, places: places[name] ?? [])
        }
    }

    private struct SystemName: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
