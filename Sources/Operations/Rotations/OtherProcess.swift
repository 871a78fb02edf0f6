internal import FoundationEssentials
internal import Glibc
internal import Journal

/// Another keyturn on this machine, as far as /proc shows it.
struct OtherProcess {
    let process: Int32
    /// Its command, such as `run`.
    let command: String

    /// - Returns: nil where the process cannot be seen, or is not a keyturn: it may be one of another machine.
    init?(_ process: Int32) {
        guard process != getpid(), let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") else {
            return nil
        }
        var words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }[...]
        // In the portable archive the dynamic linker comes first, with words of its own.
        if words.first?.hasSuffix("/ld-linux-x86-64.so.2") == true {
            words = words.drop { !$0.hasSuffix("/lib/keyturn/programs/keyturn") }
        }
        guard let program = words.first, program.split(separator: "/").last == "keyturn",
            let command = words.dropFirst().first(where: { !$0.hasPrefix("-") })
        else { return nil }
        (self.process, self.command) = (process, command)
    }

    /// Why a user is not worked on: with the command of the process that is at work on it, where that can be seen.
    static func sentence(_ error: JournalError) -> String {
        guard let holder = error.holder, holder.machine == nil, let other = OtherProcess(holder.process) else {
            return error.description
        }
        return holder.sentence(command: other.command)
    }

    /// The first other `keyturn run` that has a file open; nil: none can be seen.
    static func running(on file: String) -> OtherProcess? {
        let file = realPath(file)
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.lazy.compactMap { Int32($0) }.sorted().lazy.compactMap { OtherProcess($0) }.first { other in
            other.command == "run" && other.hasOpen(file)
        }
    }

    private func hasOpen(_ file: String) -> Bool {
        let directory = "/proc/\(process)/fd"
        let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return descriptors.contains {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(directory)/\($0)")) == file
        }
    }

    private static func realPath(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }
}
