internal import CLinux
internal import FileTrust
internal import FoundationEssentials
internal import Glibc

/// A directory of plugins that are installed from packages. One command at a time changes it, and a crash leaves each plugin as it was or
/// as it is to be.
///
/// Next to the plugins' directories it has `.new`, where files are written first, and `.former`, with the version before of each plugin.
/// Neither is looked through for plugins.
final class PluginStore {
    let path: String
    /// The directory itself, which is locked until this object goes.
    private let directory: Int32

    /// Opens a directory, and makes it where there is none.
    init(path: String) throws {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        } catch { throw Self.failure(path, "cannot be made: \(FileFailure.reason(error))") }
        if let problem = Ownership.problem(ofDirectory: path) {
            throw OperationFailure(.notAllowed, "nothing was changed: \(problem)")
        }
        guard access(path, W_OK | X_OK) == 0 else { throw Self.failure(path, "cannot be written: \(Self.reason)") }
        directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw Self.failure(path, "cannot be opened: \(Self.reason)") }
        guard flock(directory, LOCK_EX | LOCK_NB) == 0 else {
            throw OperationFailure(
                .unfinished, "\(path): another keyturn is changing the plugins there; nothing was changed, try again")
        }
    }

    deinit { if directory >= 0 { close(directory) } }

    func directory(of id: String) -> String { "\(path)/\(id)" }
    func formerDirectory(of id: String) -> String { "\(path)/.former/\(id)" }
    private func newDirectory(of id: String) -> String { "\(path)/.new/\(id)" }

    /// Writes files where nothing looks for them yet, on the disk.
    func stage(_ id: String, _ files: [(name: String, content: [UInt8])]) throws {
        let place = newDirectory(of: id)
        // What a crash left behind.
        try remove(place)
        try make("\(path)/.new")
        try make(place)
        do throws(DurableFile.Failure) {
            for file in files { try DurableFile.make(file.content, at: "\(place)/\(file.name)", mode: 0o644) }
            try DurableFile.sync(directory: place)
        } catch {
            try? remove(place)
            throw Self.failure(place, "cannot be written: \(error)")
        }
    }

    /// Puts the staged files in the plugin's place. What was there becomes its former version.
    func commit(_ id: String) throws {
        let (place, new, former) = (directory(of: id), newDirectory(of: id), formerDirectory(of: id))
        if Self.exists(place) {
            try make("\(path)/.former")
            try remove(former)
            try exchange(new, place)
            guard rename(new, former) == 0 else { throw Self.failure(former, "cannot be kept: \(Self.reason)") }
        } else {
            guard rename(new, place) == 0 else { throw Self.failure(place, "cannot be made: \(Self.reason)") }
        }
        try sync()
    }

    /// Takes away what ``commit(_:)`` has put in place.
    ///
    /// - Parameter hasFormer: whether there was a version before.
    func undo(_ id: String, hasFormer: Bool) throws {
        if hasFormer { try swap(id) }
        try remove(hasFormer ? formerDirectory(of: id) : directory(of: id))
        try sync()
    }

    /// The version in place and the former one change places.
    func swap(_ id: String) throws {
        try exchange(formerDirectory(of: id), directory(of: id))
        try sync()
    }

    /// Removes a plugin, and its former version.
    func delete(_ id: String) throws {
        let (place, new) = (directory(of: id), newDirectory(of: id))
        if Self.exists(place) {
            try make("\(path)/.new")
            try remove(new)
            // Gone at once: a directory of which files are missing would be found as a plugin that cannot be used.
            guard rename(place, new) == 0 else { throw Self.failure(place, "cannot be removed: \(Self.reason)") }
            try remove(new)
        }
        try remove(formerDirectory(of: id))
        try sync()
    }

    /// Whether there is something, be it a link that leads nowhere.
    static func exists(_ path: String) -> Bool {
        var attributes = stat()
        return lstat(path, &attributes) == 0
    }

    /// Two names change places. Where the file system cannot do that at once, there is a moment without a plugin.
    private func exchange(_ one: String, _ other: String) throws {
        if kt_exchange(one, other) == 0 { return }
        guard errno == EINVAL || errno == ENOSYS else {
            throw Self.failure(other, "cannot be replaced: \(Self.reason)")
        }
        let aside = "\(path)/.new/.aside"
        try make("\(path)/.new")
        try remove(aside)
        guard rename(other, aside) == 0 else { throw Self.failure(other, "cannot be replaced: \(Self.reason)") }
        guard rename(one, other) == 0 else {
            let reason = Self.reason
            rename(aside, other)
            throw Self.failure(other, "cannot be replaced: \(reason)")
        }
        guard rename(aside, one) == 0 else { throw Self.failure(one, "cannot be made: \(Self.reason)") }
    }

    private func make(_ directory: String) throws {
        guard mkdir(directory, 0o755) == 0 || errno == EEXIST, chmod(directory, 0o755) == 0 else {
            throw Self.failure(directory, "cannot be made: \(Self.reason)")
        }
    }

    /// Removes a file, a link or a directory with all that is in it; links are not followed.
    private func remove(_ path: String) throws {
        guard Self.exists(path) else { return }
        do { try FileManager.default.removeItem(atPath: path) } catch {
            throw Self.failure(path, "cannot be removed: \(FileFailure.reason(error))")
        }
    }

    private func sync() throws {
        do throws(DurableFile.Failure) {
            for directory in [path, "\(path)/.new", "\(path)/.former"] where Self.exists(directory) {
                try DurableFile.sync(directory: directory)
            }
        } catch { throw Self.failure(path, "cannot be synced: \(error)") }
    }

    private static func failure(_ path: String, _ problem: String) -> OperationFailure {
        OperationFailure(.failed, "\(path) \(problem)")
    }

    private static var reason: String { String(cString: strerror(errno)) }
}
