internal import FoundationEssentials
internal import GRDB
internal import Glibc
internal import Rotation

/// A copy of a state beside it, made before its layout is changed: whole, synced, for the owner alone, over nothing.
enum StateBackup {
    /// Copies what is committed. To be called while nobody else can write.
    ///
    /// - Returns: the copy's path, `state.db.v1-20261122T100000Z.bak`.
    static func make(of path: String, layout: Int32, at now: Timestamp) throws -> String {
        // One migration at a time holds the state, so a part that is there was left behind by one that was killed.
        let part = path + ".bak.part"
        unlink(part)
        try sync(part, O_WRONLY | O_CREAT | O_EXCL)
        defer { unlink(part) }
        var settings = GRDB.Configuration()
        settings.busyMode = .timeout(10)
        let queue = try DatabaseQueue(path: path, configuration: settings)
        try queue.writeWithoutTransaction { database in
            try database.execute(sql: "VACUUM INTO ?", arguments: [part])
        }
        try queue.close()
        try sync(part, O_RDONLY)
        let stamp = Date(timeIntervalSince1970: Double(now.milliseconds) / 1_000).formatted(.iso8601)
            .filter { !"-:".contains($0) }
        for number in 0..<100 {
            let copy = "\(path).v\(layout)-\(stamp)\(number == 0 ? "" : ".\(number)").bak"
            if link(part, copy) == 0 {
                try sync(URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY)
                return copy
            }
            guard errno == EEXIST else { throw failure(copy) }
        }
        throw failure("\(path).v\(layout)-\(stamp).bak")
    }

    private static func sync(_ path: String, _ flags: Int32) throws {
        let descriptor = open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(path) }
    }

    private static func failure(_ path: String) -> JournalError {
        JournalError(
            .unavailable,
            "its layout is an older one, and the backup that is made before it is changed cannot be written: \(path): "
                + "\(String(cString: strerror(errno))). Nothing was changed")
    }
}
