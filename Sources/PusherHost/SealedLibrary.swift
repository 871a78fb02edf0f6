internal import CLinux
internal import CSodium
internal import Glibc
internal import RunnerProtocol

/// A pusher's library in sealed memory: what was hashed is what is loaded, whatever becomes of the file.
public final class SealedLibrary: Sendable {
    /// The largest library, in bytes.
    private static let sizeLimit = 512 << 20

    /// SHA-256 of the content, in hexadecimal.
    public let hash: String
    /// The sealed memory's descriptor, for reading.
    let descriptor: Int32
    private let size: Int

    /// Copies, seals and hashes a library.
    ///
    /// - Throws: when it cannot be read, is not a regular file, or is larger than 512 MiB.
    public init(path: String) throws(PluginError) {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw PluginError("\(path): \(Self.reason)") }
        defer { close(file) }
        let memory = kt_memory_file()
        if memory < 0, kt_is_on_read_only_system(file) != 0 {
            // Some sandboxes have no files in memory. What lies there cannot change either.
            (descriptor, size) = try Self.keep(file, path)
            hash = try Self.digest(descriptor, size, path)
            return
        }
        guard memory >= 0 else { throw PluginError("\(path): no memory to copy it to: \(Self.reason)") }
        do throws(PluginError) {
            size = try Self.copy(file, memory, path)
            guard kt_seal(memory) == 0 else { throw PluginError("\(path): its copy cannot be sealed: \(Self.reason)") }
            hash = try Self.digest(memory, size, path)
            descriptor = memory
        } catch {
            close(memory)
            throw error
        }
    }

    /// Seals and hashes a library that is in memory already, such as one of a package.
    ///
    /// - Parameter name: what error texts call it.
    public init(_ content: [UInt8], named name: String) throws(PluginError) {
        guard (1...Self.sizeLimit).contains(content.count) else {
            throw PluginError("\(name): it is empty, or larger than 512 MiB")
        }
        let memory = kt_memory_file()
        guard memory >= 0 else { throw PluginError("\(name): no memory to copy it to: \(Self.reason)") }
        do throws(PluginError) {
            var done = 0
            while done < content.count {
                let count = content.withUnsafeBytes {
                    write(memory, $0.baseAddress?.advanced(by: done), $0.count - done)
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw PluginError("\(name): it cannot be copied: \(Self.reason)") }
                done += count
            }
            guard kt_seal(memory) == 0 else { throw PluginError("\(name): its copy cannot be sealed: \(Self.reason)") }
            (descriptor, size, hash) = (memory, done, try Self.digest(memory, done, name))
        } catch {
            close(memory)
            throw error
        }
    }

    deinit { close(descriptor) }

    /// What its headers say that it needs; nil: they cannot be read.
    public var needs: LibraryNeeds? {
        guard let bytes = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), bytes != MAP_FAILED else {
            return nil
        }
        defer { munmap(bytes, size) }
        return (try? LibraryFile(UnsafeRawBufferPointer(start: bytes, count: size))).map(LibraryNeeds.init)
    }

    /// Why it cannot be loaded on this machine, as a clause; nil: nothing that its headers say is against it. It is not loaded
    /// for that, and neither is a library that it needs.
    ///
    /// - Parameters:
    ///   - runner: the path of the program that would load it.
    ///   - libraries: the directory of the libraries that it is started with; nil: the system's.
    public func obstacle(in runner: String, libraries: String? = nil) -> String? {
        guard let bytes = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), bytes != MAP_FAILED else {
            return "it cannot be read: \(Self.reason)"
        }
        defer { munmap(bytes, size) }
        do throws(LibraryFile.Malformed) {
            let library = try LibraryFile(UnsafeRawBufferPointer(start: bytes, count: size))
            return library.obstacle() ?? SymbolSearch(runner: runner, libraries: libraries).obstacle(of: library)
        } catch { return error.description }
    }

    /// A second descriptor of the file itself.
    private static func keep(_ file: Int32, _ path: String) throws(PluginError) -> (Int32, Int) {
        var attributes = stat()
        guard fstat(file, &attributes) == 0, attributes.st_mode & S_IFMT == S_IFREG else {
            throw PluginError("\(path): it is not a regular file")
        }
        guard (1...sizeLimit).contains(Int(attributes.st_size)) else {
            throw PluginError("\(path): it is empty, or larger than 512 MiB")
        }
        let kept = kt_duplicate(file, 3)
        guard kept >= 0 else { throw PluginError("\(path): \(reason)") }
        return (kept, Int(attributes.st_size))
    }

    private static func copy(_ file: Int32, _ memory: Int32, _ path: String) throws(PluginError) -> Int {
        var attributes = stat()
        guard fstat(file, &attributes) == 0, attributes.st_mode & S_IFMT == S_IFREG else {
            throw PluginError("\(path): it is not a regular file")
        }
        var copied = 0
        while true {
            let count = kt_sendfile(memory, file, sizeLimit + 1 - copied)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw PluginError("\(path): it cannot be read: \(reason)") }
            copied += count
            guard copied <= sizeLimit else { throw PluginError("\(path): it is larger than 512 MiB") }
            if count == 0 { break }
        }
        guard copied > 0 else { throw PluginError("\(path): it is empty") }
        return copied
    }

    private static func digest(_ memory: Int32, _ size: Int, _ path: String) throws(PluginError) -> String {
        var sum = SHA256()
        // A window at a time: libraries are large, and what is mapped counts as memory of this process.
        let window = 1 << 20
        for offset in stride(from: 0, to: size, by: window) {
            let count = min(window, size - offset)
            guard let bytes = mmap(nil, count, PROT_READ, MAP_PRIVATE, memory, offset), bytes != MAP_FAILED else {
                throw PluginError("\(path): it cannot be read: \(reason)")
            }
            sum.update(UnsafeRawBufferPointer(start: bytes, count: count))
            munmap(bytes, count)
        }
        return sum.hex()
    }

    private static var reason: String { String(cString: strerror(errno)) }
}

/// SHA-256, by libsodium.
public struct SHA256 {
    private var state = crypto_hash_sha256_state()

    /// A sum over nothing yet.
    init() { crypto_hash_sha256_init(&state) }

    /// Takes bytes in.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        let start = bytes.bindMemory(to: UInt8.self).baseAddress
        precondition(crypto_hash_sha256_update(&state, start, UInt64(bytes.count)) == 0, "libsodium cannot sum")
    }

    /// The sum, in hexadecimal. Once.
    mutating func hex() -> String {
        var digest = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES))
        precondition(crypto_hash_sha256_final(&state, &digest) == 0, "libsodium cannot sum")
        return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// The sum of bytes, in hexadecimal.
    public static func hex(of bytes: UnsafeRawBufferPointer) -> String {
        var sum = SHA256()
        sum.update(bytes)
        return sum.hex()
    }

    /// The sum of a text's UTF-8, in hexadecimal.
    public static func hex(of text: String) -> String {
        var text = text
        return text.withUTF8 { hex(of: UnsafeRawBufferPointer($0)) }
    }
}
