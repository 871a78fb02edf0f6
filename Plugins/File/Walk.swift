import CFiles
import PusherKit

/// The files below a folder that may be ones of credentials or variables, one after the other.
///
/// Each folder is opened from the first one on, step by step and never through a link: what is moved or replaced in the meantime leads
/// nowhere else. One is open at a time, for a process has few descriptors.
struct Walk: ~Copyable {
    /// Folders below each other, entries of all folders together, files that are read, and the size of one.
    private static let deepest = 8
    private static let mostEntries = 50_000
    private static let mostFiles = 2_000
    private static let largest = 1 << 20
    private static let mostGaps = 40

    /// A file, and the folder that it is in.
    struct Path {
        fileprivate let folder: OpenFolder
        fileprivate let bytes: [CChar]
        /// As people see it. What is not UTF-8 is replaced.
        let text: String
        /// Whether the text is the path, so that a target can have it.
        let isText: Bool

        var name: String { text.split(separator: "/").last.map(String.init) ?? text }
    }

    /// What was not seen.
    private(set) var gaps: [(part: String, failure: PushFailure)] = []
    private let root: String
    private let first: OpenFolder
    private var folders: [FolderPath]
    private var files: [Path] = []
    private var entries = 0
    private var reads = 0
    private var isCut = false

    init(_ root: String) throws(PushFailure) {
        self.root = root
        // The one that was named may be a link: that is where people mean to look.
        guard let real = realpath(root, nil) else { throw Self.failure(root, root: root) }
        defer { free(real) }
        let descriptor = kt_open_folder(real)
        guard descriptor >= 0 else { throw Self.failure(root, root: root) }
        first = OpenFolder(descriptor)
        folders = [FolderPath(steps: [], text: root, isText: true)]
    }

    /// The next file; nil: these were all.
    mutating func next(_ finder: borrowing Finder, call: borrowing Call) throws(PushFailure) -> Path? {
        while files.isEmpty, let folder = folders.popLast() {
            if call.isCancelled { throw PushFailure(.cancelled, "File: \(oneLine(root)): cancelled") }
            list(folder)
        }
        guard !files.isEmpty else { return nil }
        guard reads < Self.mostFiles else {
            cut("more than \(Self.mostFiles) files that may hold keys")
            return nil
        }
        reads += 1
        return files.removeFirst()
    }

    /// The contents of a file, and when it was last written.
    func read(_ path: Path) throws(PushFailure) -> (bytes: SecretBytes, changedAt: String) {
        let file = kt_open_to_read(path.folder.descriptor, path.bytes)
        guard file >= 0 else { throw Self.failure(path.text, root: root) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw Self.failure(path.text, root: root) }
        guard kt_is_regular(&status) != 0 else { throw PushFailure(.unsupported, "it is not a regular file") }
        guard status.st_size <= Self.largest else { throw PushFailure(.unsupported, "it is larger than 1 MiB") }
        let time = rfc3339Text(epochDate(Double(status.st_mtim.tv_sec)) ?? epochDate(0)!)
        guard let bytes = SecretBytes(readingFile: file, most: Int(status.st_size)) else {
            throw Self.failure(path.text, root: root)
        }
        return (bytes, time)
    }

    /// Puts the folder's folders and files on the lists.
    private mutating func list(_ path: FolderPath) {
        var folder = first
        for step in path.steps {
            let descriptor = kt_open_subfolder(folder.descriptor, step)
            guard descriptor >= 0 else { return gap(path.text) }
            folder = OpenFolder(descriptor)
        }
        guard let stream = kt_list_folder(folder.descriptor) else { return gap(path.text) }
        defer { closedir(stream) }
        while true {
            kt_clear_errno()
            guard let entry = readdir(stream) else { break }
            let bytes = withUnsafePointer(to: entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) {
                    Array(UnsafeBufferPointer(start: $0, count: 256))
                }
            }
            take(Array(bytes.prefix { $0 != 0 }) + [0], in: folder, path)
            if isCut { return }
        }
        if kt_errno() != 0 { gap(path.text) }
    }

    private mutating func take(_ bytes: [CChar], in folder: OpenFolder, _ path: FolderPath) {
        let raw = bytes.dropLast().map { UInt8(bitPattern: $0) }
        let name = String(decoding: raw, as: UTF8.self)
        guard name != ".", name != ".." else { return }
        entries += 1
        guard entries <= Self.mostEntries else { return cut("more than \(Self.mostEntries) files and folders") }
        let text = path.text == "/" ? "/\(name)" : "\(path.text)/\(name)"
        let isText = path.isText && String(validating: raw, as: UTF8.self) != nil
        var status = stat()
        guard fstatat(folder.descriptor, bytes, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return gap(text) }
        if kt_is_folder(&status) != 0 {
            guard path.steps.count < Self.deepest else {
                return add(
                    text,
                    PushFailure(.unsupported, "it is more than \(Self.deepest) folders below \(oneLine(root)): name it")
                )
            }
            folders.append(FolderPath(steps: path.steps + [bytes], text: text, isText: isText))
        } else if Self.mayHoldKeys(name) {
            if kt_is_link_status(&status) != 0 {
                add(
                    text,
                    PushFailure(.unsupported, "it is a link, and links are not followed: name the folder it leads to"))
            } else if kt_is_regular(&status) != 0 {
                files.append(Path(folder: folder, bytes: bytes, text: text, isText: isText))
            }
        }
    }

    /// By their names: `credentials`, `aws-credentials.bak`, `.env`, `app.env`, `.env.production`, `env`. Not what a push that did not end has left.
    private static func mayHoldKeys(_ name: String) -> Bool {
        let name = name.lowercased()
        guard !name.hasSuffix(".keyturn-new") else { return false }
        return name.has("credentials") || name.split(separator: ".").contains("env")
    }

    private mutating func cut(_ what: String) {
        isCut = true
        folders = []
        gaps.append(("the rest of \(oneLine(root))", PushFailure(.unsupported, "\(what): name folders further down")))
    }

    private mutating func gap(_ text: String) { add(text, Self.failure(text, root: root)) }

    private mutating func add(_ part: String, _ failure: PushFailure) {
        guard gaps.count < Self.mostGaps else { return }
        gaps.append((oneLine(part, limit: 290), failure))
    }

    /// What the system says of a file or folder, and what to type where it is keyturn that does not let the pusher.
    private static func failure(_ path: String, root: String) -> PushFailure {
        let number = kt_errno()
        let words = "File: \(oneLine(path)): \(String(cString: strerror(number)))"
        switch number {
        case ENOENT, ENOTDIR: return PushFailure(.notFound, words)
        // A link in the place of a folder.
        case ELOOP: return PushFailure(.unsupported, "\(words): links are not followed")
        case EACCES, EPERM:
            return PushFailure(
                .unauthorized,
                "\(words); the folder must be granted (`keyturn plugin pin file --grant files --folder \(oneLine(root))`), and readable "
                    + "for the user that keyturn runs as")
        default: return PushFailure(.retryable, words)
        }
    }
}

/// The way to a folder.
private struct FolderPath {
    /// The names from the first folder on.
    let steps: [[CChar]]
    let text: String
    let isText: Bool
}

/// An open folder, closed when nothing in it is looked at any more.
final class OpenFolder {
    fileprivate let descriptor: Int32

    fileprivate init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }
}
