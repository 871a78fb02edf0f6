internal import CLinux
internal import Glibc
internal import PlainText
internal import Rotation

/// Looks for a library's symbols where the dynamic linker would, in files alone: nothing is loaded, so nothing of it runs.
struct SymbolSearch {
    /// Libraries that are looked at, with all that they need.
    private static let libraryLimit = 64
    /// The largest library, in bytes.
    private static let sizeLimit = 512 << 20
    /// Names that are shown.
    private static let shownNames = 3

    #if arch(x86_64)
    private static let multiarch = "x86_64-linux-gnu"
    #elseif arch(arm64)
    private static let multiarch = "aarch64-linux-gnu"
    #endif
    /// Of Debian and its like, of Fedora and its like, and of others.
    private static let directories = [
        "/lib/\(multiarch)", "/usr/lib/\(multiarch)", "/lib64", "/usr/lib64", "/lib", "/usr/lib",
    ]

    /// The program that the library is loaded into: what that is linked with is found as well.
    let runner: String
    /// Where the program's own C library lies with all that it is linked with, looked at in place of the system's; nil: there is none.
    var libraries: String?

    private var directories: [String] { if let libraries { [libraries] } else { Self.directories } }

    /// Why the library cannot be loaded: names that nothing defines; nil: there are none, or it cannot be known.
    func obstacle(of library: LibraryFile) -> String? {
        // Where it names directories of its own, libraries there may define anything. `$ORIGIN` is not a place for what is loaded from
        // memory.
        guard library.places.allSatisfy({ $0.hasPrefix("$ORIGIN") || $0.hasPrefix("${ORIGIN}") }) else { return nil }
        do throws(LibraryFile.Malformed) {
            var names = try library.undefinedSymbols()
            try library.subtractDefined(from: &names)
            guard !names.isEmpty, let runners = Self.read(runner, { $0.needed }) else { return nil }
            guard subtract(library.needed + runners, from: &names), !names.isEmpty else { return nil }
            return words(names.sorted())
        } catch { return error.description }
    }

    private func words(_ names: [String]) -> String {
        let list = listed(names.lazy.map { "`\(PlainText.line($0, limit: 120))`" }, most: Self.shownNames)
        let noun = names.count == 1 ? "the symbol" : "the symbols"
        return
            "it needs \(noun) \(list), defined neither in it nor in the libraries that it is linked with: link what defines "
            + "\(names.count == 1 ? "it" : "them") (`-Wl,-z,defs` reports this when it is built)"
    }

    /// Takes out what these libraries, and those that they need, define.
    ///
    /// - Returns: false where one of them is not found: it may define anything.
    private func subtract(_ libraries: [String], from names: inout Set<String>) -> Bool {
        var waiting = libraries
        var seen: Set<String> = []
        while let name = waiting.popLast() {
            guard seen.insert(name).inserted else { continue }
            guard seen.count <= Self.libraryLimit, !name.contains("/") else { return false }
            var remaining = names
            var needs: [String]?
            for directory in directories where needs == nil {
                needs = Self.read("\(directory)/\(name)") { file in
                    guard file.machine == LibraryFile.ownMachine, (try? file.subtractDefined(from: &remaining)) != nil
                    else { return nil }
                    return file.needed
                }
            }
            guard let needs else { return false }
            names = remaining
            waiting += needs
        }
        return true
    }

    /// Lends a file's headers; nil: there is no such file, or none that can be loaded.
    private static func read<Result>(_ path: String, _ body: (LibraryFile) -> Result?) -> Result? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var attributes = stat()
        guard fstat(file, &attributes) == 0, attributes.st_mode & S_IFMT == S_IFREG, attributes.st_size > 0,
            attributes.st_size <= sizeLimit
        else { return nil }
        let size = Int(attributes.st_size)
        guard let bytes = mmap(nil, size, PROT_READ, MAP_PRIVATE, file, 0), bytes != MAP_FAILED else { return nil }
        defer { munmap(bytes, size) }
        return (try? LibraryFile(UnsafeRawBufferPointer(start: bytes, count: size))).flatMap(body)
    }
}
