internal import FileTrust
internal import Glibc
internal import Rotation
public import Secrets

/// The shared credentials file, as the place where one profile's key pair is kept.
///
/// A new pair is written next to the file, synced, and moved into its place: whoever reads it gets the old pair or the new one,
/// whole, whatever happens in between. All other lines stay as they are, byte for byte.
public struct CredentialsFile: Sendable {
    /// What callers distinguish.
    public enum Trouble: Hashable, Sendable {
        /// The file or the profile is not there.
        case missing
        /// The file cannot be read or written.
        case forbidden
        /// A person has to settle something in it.
        case unsettled
        /// It may work another time.
        case passing
    }

    /// Why the file does not hold what it should.
    public struct Failure: Error, Sendable {
        /// What callers distinguish.
        public var trouble: Trouble
        /// One sentence for people.
        public var description: String
    }

    /// The largest file, in bytes.
    private static let sizeLimit = 1 << 20

    /// The file's path, as the environment says it.
    public let path: String
    /// The profile's name.
    public let profile: String

    /// - Parameter environment: where `AWS_SHARED_CREDENTIALS_FILE` or `HOME` say the path.
    public init(profile: String, environment: [String: String]) {
        self.profile = profile
        path = SharedFiles.credentialsPath(environment)
    }

    /// The key ID that the profile has, once it is certain that a pair could be written there.
    public func keyID() throws(Failure) -> String {
        let file = try open()
        var bytes = try read(file)
        defer { Secret.wipe(&bytes) }
        try checkWritable(file)
        return try lines(in: bytes).id.map { String(decoding: bytes[$0], as: UTF8.self) } ?? ""
    }

    /// Makes the profile hold a pair, and reads it back.
    ///
    /// - Returns: false where it held just this pair before.
    public func write(_ pair: KeyPair) throws(Failure) -> Bool {
        let file = try open()
        var old = try read(file)
        defer { Secret.wipe(&old) }
        if try holds(pair, old) { return false }
        try checkWritable(file)
        var new = try replaced(old, pair)
        defer { Secret.wipe(&new) }
        try replace(file, new)
        var seen = try read(try open())
        defer { Secret.wipe(&seen) }
        guard try holds(pair, seen) else {
            throw failure(.passing, "it was written and does not hold the pair: someone else writes it too")
        }
        return true
    }

    private func failure(_ trouble: Trouble, _ words: String) -> Failure {
        Failure(trouble: trouble, description: "profile \(profile) in \(path): \(words)")
    }

    private func failure(_ doing: String) -> Failure {
        let number = errno
        return failure(doing, number, String(cString: strerror(number)))
    }

    /// A failure that says what to type where a file or a directory may not be used.
    private func failure(_ doing: String, of path: String, isDirectory: Bool = false) -> Failure {
        let number = errno
        return failure(doing, number, FileAccess.refusal(path, number, isDirectory: isDirectory))
    }

    private func failure(_ doing: String, _ number: Int32, _ reason: String) -> Failure {
        failure([EACCES, EPERM, EROFS].contains(number) ? .forbidden : .passing, "\(doing): \(reason)")
    }
}

// MARK: - The text

extension CredentialsFile {
    /// Where the profile holds the pair, in the file's bytes.
    private struct Lines {
        var id: Range<Int>?
        var secret: Range<Int>?
    }

    /// - Throws: `unsettled` where AWS's tools do not read the file.
    private func lines(in bytes: [UInt8]) throws(Failure) -> Lines {
        let text: SharedFileText
        do throws(SharedFileText.Mistake) { text = try SharedFileText(bytes) } catch {
            throw Failure(trouble: .unsettled, description: "\(path):\(error.line): \(error.words)")
        }
        var found = Lines()
        for setting in text.settings where setting.section == profile {
            let isWhole = setting.parts.count { !$0.isEmpty } <= 1
            switch setting.name {
            case "aws_access_key_id" where isWhole:
                found.id = setting.parts[0]
            case "aws_secret_access_key" where isWhole:
                found.secret = setting.parts[0]
            case "aws_access_key_id", "aws_secret_access_key":
                throw failure(.unsettled, "\(setting.name) in line \(setting.line) goes on in the next line")
            case "aws_session_token", "aws_security_token":
                throw failure(.unsettled, "it has an \(setting.name): temporary credentials are not rotated")
            default: break
            }
        }
        guard text.sections.contains(profile) else {
            throw failure(.missing, "the file has no such profile; keyturn reads its own key there")
        }
        guard found.id?.isEmpty == false, found.secret?.isEmpty == false else {
            throw failure(.missing, "it has no aws_access_key_id with an aws_secret_access_key")
        }
        return found
    }

    private func holds(_ pair: KeyPair, _ bytes: [UInt8]) throws(Failure) -> Bool {
        let lines = try lines(in: bytes)
        guard let id = lines.id, bytes[id].elementsEqual(pair.id.rawValue.utf8), let range = lines.secret else {
            return false
        }
        return bytes[range].withUnsafeBytes { Secret(copying: $0) } == pair.secret
    }

    /// The text with the pair of the profile replaced.
    private func replaced(_ old: [UInt8], _ pair: KeyPair) throws(Failure) -> [UInt8] {
        let lines = try lines(in: old)
        var new: [UInt8] = []
        // Growing would leave copies of the secret behind.
        new.reserveCapacity(old.count + 2 * (pair.secret.count + 128))
        var position = 0
        let places = [lines.id.map { ($0, true) }, lines.secret.map { ($0, false) }].compactMap { $0 }
        for (range, isID) in places.sorted(by: { $0.0.lowerBound < $1.0.lowerBound }) {
            new += old[position..<range.lowerBound]
            if isID {
                new += Array(pair.id.rawValue.utf8)
            } else {
                pair.secret.withBytes { new.append(contentsOf: $0) }
            }
            position = range.upperBound
        }
        new += old[position...]
        return new
    }
}

// MARK: - The file

extension CredentialsFile {
    /// The file that is meant, however many links lead there.
    private struct File {
        var path: String
        var status: stat
    }

    private func open() throws(Failure) -> File {
        guard let resolved = realpath(path, nil) else {
            if errno == ENOENT { throw failure(.missing, "there is no such file; keyturn reads its own key there") }
            throw failure("it cannot be reached", of: path)
        }
        defer { free(resolved) }
        var status = stat()
        guard stat(resolved, &status) == 0 else { throw failure("it cannot be looked at") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw failure(.unsettled, "it is not a plain file") }
        guard status.st_mode & 0o077 == 0 else {
            throw failure(
                .unsettled,
                "others can read it (mode \(String(status.st_mode & 0o777, radix: 8))); run `chmod 600 \(path)`")
        }
        return File(path: String(cString: resolved), status: status)
    }

    private func read(_ file: File) throws(Failure) -> [UInt8] {
        let descriptor = Glibc.open(file.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("it cannot be read", of: file.path) }
        defer { close(descriptor) }
        guard file.status.st_size <= Self.sizeLimit else { throw failure(.unsettled, "it is larger than 1 MiB") }
        var bytes = [UInt8](repeating: 0, count: Int(file.status.st_size) + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress! + count, $0.count - count) }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw failure("it cannot be read") }
            if got == 0 { break }
            count += got
        }
        guard count == file.status.st_size else { throw failure(.passing, "it changed while it was read") }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    private func directory(of file: File) -> String {
        file.path.lastIndex(of: "/").map { $0 == file.path.startIndex ? "/" : String(file.path[..<$0]) } ?? "."
    }

    /// A new file is moved into its place, so it is the directory that must be writable.
    private func checkWritable(_ file: File) throws(Failure) {
        guard access(directory(of: file), W_OK | X_OK) == 0 else {
            throw failure("a file cannot be made next to it", of: directory(of: file), isDirectory: true)
        }
        guard file.status.st_uid == geteuid() || geteuid() == 0 else {
            throw failure("it cannot be replaced", EPERM, FileAccess.refusal(file.path, EPERM, isWritten: true))
        }
    }

    /// Writes, syncs, and moves into place, with the mode and the owner that the file has.
    private func replace(_ file: File, _ bytes: [UInt8]) throws(Failure) {
        let temporary = "\(file.path).keyturn-new"
        // One left behind by a crash is of no use to anybody.
        unlink(temporary)
        let descriptor = Glibc.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure("a file cannot be made next to it") }
        var isInPlace = false
        defer {
            close(descriptor)
            if !isInPlace { unlink(temporary) }
        }
        guard fchmod(descriptor, file.status.st_mode & 0o700) == 0,
            geteuid() != 0 || fchown(descriptor, file.status.st_uid, file.status.st_gid) == 0
        else { throw failure("mode and owner cannot be kept") }
        var count = 0
        while count < bytes.count {
            let put = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + count, $0.count - count) }
            if put < 0, errno == EINTR { continue }
            guard put > 0 else { throw failure("the new file cannot be written") }
            count += put
        }
        guard fsync(descriptor) == 0 else { throw failure("the new file cannot be synced") }
        var now = stat()
        guard stat(file.path, &now) == 0, now.st_ino == file.status.st_ino,
            now.st_mtim.tv_sec == file.status.st_mtim.tv_sec, now.st_mtim.tv_nsec == file.status.st_mtim.tv_nsec
        else { throw failure(.passing, "someone else wrote it at the same time") }
        guard rename(temporary, file.path) == 0 else { throw failure("the new file cannot be moved into its place") }
        isInPlace = true
        let parent = Glibc.open(directory(of: file), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else { throw failure("its directory cannot be opened") }
        defer { close(parent) }
        guard fsync(parent) == 0 else { throw failure("its directory cannot be synced") }
    }
}
