import CFiles
import PusherKit

/// The folder of one file, opened: what is done in it is done there, wherever paths lead in the meantime.
///
/// A new file is written next to the old one, synced, and moved into its place: whoever reads it gets the old pair or the new one,
/// whole, whatever happens in between.
final class Folder {
    /// The largest file, in bytes.
    private static let sizeLimit = 1 << 20
    private static let lockPause = Duration.milliseconds(50)
    /// Tries for the lock: ten seconds, or until the call is over.
    private static let lockTries = 200

    private let descriptor: Int32
    private let path: String
    private let name: String
    private let subject: String

    /// What was there when the file was read.
    struct Contents {
        let bytes: SecretBytes
        /// Nil: there is no file yet.
        fileprivate let status: stat?

        var isThere: Bool { status != nil }

        /// The mode, in octal, of a file that others than its owner may read or write; nil: they may not.
        var openMode: String? {
            guard let status, status.st_mode & 0o077 != 0 else { return nil }
            return String(status.st_mode & 0o777, radix: 8)
        }
    }

    /// Opens the folder of the file that is meant, however many links lead there.
    init(of target: Target) throws(PushFailure) {
        subject = target.subject
        (path, name) = try Self.resolve(target)
        descriptor = kt_open_folder(path)
        guard descriptor >= 0 else {
            throw Self.failure(subject, "the folder \(path) cannot be opened", path, R_OK, folder: path)
        }
    }

    deinit { close(descriptor) }

    private static func resolve(_ target: Target) throws(PushFailure) -> (folder: String, name: String) {
        if let whole = realpath(target.path, nil) {
            defer { free(whole) }
            return split(String(cString: whole))
        }
        guard kt_errno() == ENOENT else {
            throw failure(target.subject, "it cannot be reached", target.path, F_OK)
        }
        guard kt_is_link(target.path) == 0 else {
            throw PushFailure(
                .conflict,
                "\(target.subject): it is a link that leads nowhere: remove it, or make the file that it leads to")
        }
        let (folder, name) = split(target.path)
        guard let real = realpath(folder, nil) else {
            throw PushFailure(
                .notFound,
                "\(target.subject): there is no folder \(oneLine(folder, limit: 300)): make it, or check path")
        }
        defer { free(real) }
        return (String(cString: real), name)
    }

    private static func split(_ path: String) -> (folder: String, name: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        return ("/" + parts.dropLast().joined(separator: "/"), parts.last.map(String.init) ?? "")
    }

    /// Waits until no other keyturn writes in the folder, until the folder is closed.
    func lock(_ call: borrowing Call) throws(PushFailure) {
        for _ in 0..<Self.lockTries {
            if kt_try_lock(descriptor) == 0 { return }
            guard kt_errno() == EWOULDBLOCK || kt_errno() == EINTR else { throw failure("the folder cannot be locked") }
            try call.sleep(Self.lockPause)
        }
        throw PushFailure(
            .retryable, "\(subject): another program holds a lock of the folder \(path)")
    }

    /// What the file holds; nothing where it is not there yet.
    func read() throws(PushFailure) -> Contents {
        let file = kt_open_to_read(descriptor, name)
        guard file >= 0 else {
            if kt_errno() == ENOENT { return Contents(bytes: SecretBytes(""), status: nil) }
            throw failure("it cannot be read", R_OK)
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw failure("it cannot be looked at") }
        guard kt_is_regular(&status) != 0 else { throw unsettled("it is not a regular file") }
        guard status.st_size <= Self.sizeLimit else { throw unsettled("it is larger than 1 MiB") }
        // One byte more shows that it has grown.
        guard let bytes = SecretBytes(readingFile: file, most: Int(status.st_size) + 1) else {
            throw failure("it cannot be read")
        }
        guard bytes.count == status.st_size else { throw changed }
        return Contents(bytes: bytes, status: status)
    }

    /// Puts a new file into the place of the old one, with its mode and its owner; a new one is its owner's alone.
    func replace(_ old: Contents, with new: SecretBytes, call: borrowing Call) throws(PushFailure) {
        if let status = old.status, status.st_nlink > 1 {
            throw unsettled(
                "it has \(status.st_nlink) names (hard links), and a new file would take the place of one: leave one")
        }
        let temporary = "\(name).keyturn-new"
        // One that a crash has left is of no use.
        unlinkat(descriptor, temporary, 0)
        let file = kt_make(descriptor, temporary)
        guard file >= 0 else { throw failure("a file cannot be made in the folder \(path)", W_OK, ofFolder: true) }
        var isInPlace = false
        defer {
            close(file)
            if !isInPlace { unlinkat(descriptor, temporary, 0) }
        }
        try keepOwnerAndMode(of: old, file)
        try write(new, to: file)
        guard fsync(file) == 0 else { throw failure("the new file cannot be synced") }
        try checkUnchanged(since: old)
        if call.isCancelled { throw PushFailure(.cancelled, "\(subject): cancelled before it was replaced") }
        guard renameat(descriptor, temporary, descriptor, name) == 0 else {
            throw failure("the new file cannot be moved into its place")
        }
        isInPlace = true
        try sync()
    }

    /// Makes sure that what the folder shows stays after a power loss.
    func sync() throws(PushFailure) {
        guard fsync(descriptor) == 0 else { throw failure("the folder \(path) cannot be synced") }
    }

    private func keepOwnerAndMode(of old: Contents, _ file: Int32) throws(PushFailure) {
        guard let status = old.status else { return }
        var new = stat()
        guard fstat(file, &new) == 0 else { throw failure("the new file cannot be looked at") }
        if new.st_uid != status.st_uid || new.st_gid != status.st_gid, fchown(file, status.st_uid, status.st_gid) != 0 {
            throw PushFailure(
                .unauthorized,
                "\(subject): it belongs to user \(status.st_uid) and group \(status.st_gid), and keyturn may not make files that "
                    + "do: run keyturn as that user, or give the file to the user and group of keyturn")
        }
        guard fchmod(file, status.st_mode & 0o7777) == 0 else { throw failure("its mode cannot be kept") }
    }

    private func write(_ bytes: SecretBytes, to file: Int32) throws(PushFailure) {
        var count = 0
        while count < bytes.count {
            let put = bytes.withBytes { CFiles.write(file, $0.baseAddress?.advanced(by: count), $0.count - count) }
            if put < 0, kt_errno() == EINTR { continue }
            guard put > 0 else { throw failure("the new file cannot be written") }
            count += put
        }
    }

    /// Programs that take no lock write too.
    private func checkUnchanged(since old: Contents) throws(PushFailure) {
        var now = stat()
        let isThere = fstatat(descriptor, name, &now, AT_SYMLINK_NOFOLLOW) == 0
        guard var before = old.status else {
            if isThere { throw changed }
            return
        }
        guard isThere, kt_is_same(&before, &now) != 0 else { throw changed }
    }

    /// Refuses a file that a push could not replace, as far as that shows without writing.
    func checkWritable(_ contents: Contents) throws(PushFailure) {
        guard faccessat(descriptor, ".", W_OK | X_OK, 0) == 0 else {
            throw failure("a file cannot be made in the folder \(path)", W_OK, ofFolder: true)
        }
        guard let status = contents.status else { return }
        guard status.st_uid == geteuid() || geteuid() == 0 else {
            throw PushFailure(
                .unauthorized, "\(subject): it belongs to user \(status.st_uid): run keyturn as that user")
        }
        guard faccessat(descriptor, name, W_OK, 0) == 0 else { return }
        let file = kt_open_to_write(descriptor, name)
        guard file >= 0 else { throw failure("it cannot be written", W_OK) }
        close(file)
    }

    private var changed: PushFailure {
        PushFailure(.retryable, "\(subject): another program wrote it at the same time")
    }

    private func unsettled(_ words: String) -> PushFailure { PushFailure(.conflict, "\(subject): \(words)") }

    private func failure(_ doing: String, _ right: Int32 = F_OK, ofFolder: Bool = false) -> PushFailure {
        Self.failure(subject, doing, ofFolder || path == "/" ? path : "\(path)/\(name)", right, folder: path)
    }

    /// What the system says, and what to type where it is keyturn that does not let the pusher.
    private static func failure(
        _ subject: String, _ doing: String, _ place: String, _ right: Int32, folder: String? = nil
    ) -> PushFailure {
        let number = kt_errno()
        let words = "\(subject): \(doing): \(String(cString: strerror(number)))"
        let isRefused = number == EPERM || number == EACCES
        // The system would let it, or nothing may be asked of files at all.
        guard isRefused, number == EPERM || right != F_OK && access(place, right) == 0 || kt_errno() == EPERM else {
            guard number != EROFS else {
                let folder = folder ?? split(place).folder
                // keyturn's own units make everything but the state read-only.
                return PushFailure(
                    .unauthorized,
                    "\(words); under systemd, add `ReadWritePaths=\(folder)` to the unit: `sudo systemctl edit keyturn`"
                )
            }
            return PushFailure(isRefused ? .unauthorized : .retryable, words)
        }
        return PushFailure(
            .invalidConfiguration,
            "\(words); keyturn must be allowed to write there: `keyturn plugin pin file --grant files --folder \(folder ?? split(place).folder)`"
        )
    }
}
