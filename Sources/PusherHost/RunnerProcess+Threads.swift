internal import Glibc

extension RunnerProcess {
    /// How many threads the process has, by field 20 of proc(5)'s stat; nil: `/proc` does not show it, as under `hidepid` and
    /// systemd's `ProtectProc`.
    var threads: Int? {
        let file = open("/proc/\(process)/stat", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 1_024)
        let count = read(file, &bytes, bytes.count)
        // Field 2 may hold blanks and parentheses.
        guard count > 0, let name = bytes[..<count].lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = bytes[..<count][(name + 1)...].split(separator: UInt8(ascii: " "))
        return fields.count > 17 ? Int(String(decoding: fields[17], as: UTF8.self)) : nil
    }
}
